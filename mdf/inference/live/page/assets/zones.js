// Zones: drawn with the mouse, a finger or the keyboard, or written as numbers; then saved.
import { byId, camera, change, chosen, drawn, make, objects, overlay, path, size } from "/live.js";

const STEP = .02, FAR = .1, DRAG = .02;
const surface = byId("surface");
let zones = {}, isChanged = false, corners = null, cursor = [.5, .5], pressed = null;

const copy = (shapes) => JSON.parse(JSON.stringify(shapes));
const clamp = (value) => Math.min(1, Math.max(0, value));
const say = (text) => { byId("said").textContent = text; };
const numbers = (shape) => shape.map((point) => point.map((value) => +value.toFixed(3)).join(",")).join(";");

function parsed(text) {
  const points = text.split(";").map((point) => point.split(",").map(Number));
  const [box] = points;
  const shape = points.length === 1 && box.length === 4
    ? [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]] : points;
  const isRight = shape.length >= 3 && shape.every((p) => p.length === 2 && p.every((v) => v >= 0 && v <= 1));
  return isRight ? shape : null;
}

function paint() {
  const extra = [];
  if (corners) {
    const [width, height] = size(), [x, y] = cursor;
    extra.push(drawn("path", { class: "drawn", d: path(pressed?.box ?? [...corners, cursor], false) }));
    for (const [cx, cy] of corners) extra.push(drawn("circle", { class: "cross", cx: cx * width, cy: cy * height, r: width / 160 }));
    extra.push(drawn("path", { class: "cross", d: `M${x * width - width / 50} ${y * height}h${width / 25}M${x * width} ${y * height - width / 50}v${width / 25}` }));
  }
  overlay(objects(), zones, extra);
}

function field(item, value) {
  const box = make("label"), title = make("span"), input = make("input", "", { value, spellcheck: "false", autocomplete: "off" });
  box.append(title, input);
  item.append(box);
  return { title, input };
}

// Changed in place: who goes on with the Tab key must not lose the focus.
function itemOf(name) {
  const item = document.createElement("li");
  const called = field(item, name), shape = field(item, numbers(zones[name]));
  const remove = make("button", "Remove", { type: "button" });
  item.append(remove);
  const dress = () => {
    called.title.textContent = "name";
    shape.title.textContent = `corners of ${name}`;
    remove.ariaLabel = `Remove the zone ${name}`;
  };
  called.input.addEventListener("change", () => {
    const wanted = called.input.value.trim();
    const isRight = wanted && !wanted.includes("=") && !(wanted in zones && wanted !== name);
    called.input.ariaInvalid = String(!isRight);
    if (!isRight) return;
    zones = Object.fromEntries(Object.entries(zones).map(([key, corners]) => [key === name ? wanted : key, corners]));
    name = wanted;
    dress();
    edited();
  });
  shape.input.addEventListener("change", () => {
    const corners = parsed(shape.input.value);
    shape.input.ariaInvalid = String(!corners);
    if (!corners) return;
    zones[name] = corners;
    edited();
  });
  remove.addEventListener("click", () => { delete zones[name]; list(); edited(); byId("draw").focus(); });
  dress();
  return item;
}

function list() {
  byId("no-zones").hidden = Object.keys(zones).length > 0;
  byId("zones").replaceChildren(...Object.keys(zones).map(itemOf));
}

function edited(is = true) {
  isChanged = is;
  byId("save").disabled = byId("revert").disabled = !is;
  if (is) { byId("saved").textContent = ""; byId("saved").className = ""; }
  paint();
}

function begin() {
  corners = [];
  cursor = [.5, .5];
  for (const id of ["surface", "drawing"]) byId(id).hidden = false;
  byId("draw").ariaPressed = "true";
  surface.focus();
  paint();
}

function stop() {
  corners = pressed = null;
  for (const id of ["surface", "drawing"]) byId(id).hidden = true;
  byId("draw").ariaPressed = "false";
  byId("draw").focus();
  paint();
}

function place(point) {
  corners.push(point);
  say(`Corner ${corners.length} at ${point.map((value) => `${Math.round(100 * value)} %`).join(", ")}`);
  paint();
}

function finish(shape = corners) {
  if (!shape || shape.length < 3) { say("A zone needs three corners."); return; }
  let number = 1;
  while (`zone ${number}` in zones) number += 1;
  zones[`zone ${number}`] = shape.map((point) => point.map((value) => +value.toFixed(4)));
  stop();
  list();
  edited();
  say(`zone ${number} is drawn; save it when it is right`);
}

const undo = () => { corners?.pop(); paint(); };

const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  " ": () => place([...cursor]), Enter: () => finish(), Backspace: undo, Escape: stop,
};
surface.addEventListener("keydown", (event) => {
  const what = KEYS[event.key];
  if (!what) return;
  event.preventDefault();
  if (typeof what === "function") { what(); return; }
  const step = event.shiftKey ? FAR : STEP;
  cursor = cursor.map((value, axis) => +clamp(value + step * what[axis]).toFixed(4));
  paint();
});

function at(event) {
  const box = surface.getBoundingClientRect();
  return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
}
surface.addEventListener("pointerdown", (event) => {
  surface.setPointerCapture(event.pointerId);
  pressed = { from: at(event), box: null };
});
surface.addEventListener("pointermove", (event) => {
  cursor = at(event);
  if (pressed && !corners.length) {
    const [[x0, y0], [x1, y1]] = [pressed.from, cursor];
    const isDrag = Math.abs(x1 - x0) > DRAG && Math.abs(y1 - y0) > DRAG;
    const [left, right, top, bottom] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
    pressed.box = isDrag ? [[left, top], [right, top], [right, bottom], [left, bottom]] : null;
  }
  paint();
});
surface.addEventListener("pointerup", (event) => {
  const box = pressed?.box;
  pressed = null;
  if (box) finish(box);
  else if (corners.length > 2 && isNear(at(event), corners[0])) finish();
  else place(at(event));
});
const isNear = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]) < DRAG;

async function save() {
  const saved = byId("saved");
  try {
    const { file } = await change(`/api/cameras/${encodeURIComponent(chosen.camera)}/zones`, { zones });
    camera().zones = copy(zones);
    edited(false);
    saved.textContent = file ? `Saved, also in ${file}.` : "In use until mdf watch ends; no config file keeps them.";
    saved.className = "";
  } catch (error) {
    saved.textContent = `Not saved: ${error.message}`;
    saved.className = "bad";
  }
}

function take() {
  zones = copy(camera()?.zones ?? {});
  list();
  edited(false);
}

byId("draw").addEventListener("click", () => (corners ? stop() : begin()));
byId("finish").addEventListener("click", () => finish());
byId("undo").addEventListener("click", undo);
byId("cancel").addEventListener("click", stop);
byId("save").addEventListener("click", save);
byId("revert").addEventListener("click", take);
document.addEventListener("mdf-camera", () => { if (corners) stop(); byId("saved").textContent = ""; take(); });
document.addEventListener("mdf-view", paint);
document.addEventListener("mdf-state", () => {
  const isEditing = isChanged || byId("zones").contains(document.activeElement);
  if (!isEditing && JSON.stringify(camera()?.zones ?? {}) !== JSON.stringify(zones)) take();
});
