// The cameras, the newest picture of one of them, and what is known of it.
export const byId = (id) => document.getElementById(id);
export const chosen = { camera: "", kind: "picture" };
export const state = { file: "", cameras: [] };
const shown = { number: -1, width: 16, height: 9 };

export async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) {
    const text = await answer.text();
    let said = text;
    try { said = JSON.parse(text).detail ?? text; } catch { /* it is plain text */ }
    throw new Error(typeof said === "string" ? said : "what was asked is wrong");
  }
  return answer.json();
}

export const change = (path, body) => ask(path, {
  method: "PUT",
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json",
    "X-Mdf-Token": document.querySelector('meta[name="mdf-token"]').content },
});

export function make(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function drawn(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export const size = () => [shown.width, shown.height];
export const path = (corners, closed = true) => corners.length
  ? "M" + corners.map(([x, y]) => `${x * shown.width} ${y * shown.height}`).join("L") + (closed ? "Z" : "") : "";
const rgb = (colour) => `rgb(${colour.join(" ")})`;
const brightness = ([red, green, blue]) => (.3 * red + .59 * green + .11 * blue) / 255;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const changed = (name) => document.dispatchEvent(new Event(name));
export const camera = () => state.cameras.find((one) => one.name === chosen.camera);

function label(text, x, y, kind = "") {
  const made = make("span", text, { class: `label ${kind}` });
  made.style.left = `${100 * Math.min(x, .8)}%`;
  made.style.top = `${100 * Math.max(0, y)}%`;
  return made;
}

export function overlay(objects, zones, extra = []) {
  const svg = byId("overlay");
  svg.setAttribute("viewBox", `0 0 ${shown.width} ${shown.height}`);
  const shapes = [], labels = [];
  for (const [name, corners] of Object.entries(zones)) {
    shapes.push(drawn("path", { class: "zone", d: path(corners) }));
    labels.push(label(name, corners[0][0], corners[0][1], "zone-name"));
  }
  for (const one of objects) {
    if (!one.outline.length) continue;
    shapes.push(drawn("path", { class: "halo", d: path(one.outline) }));
    shapes.push(drawn("path", { class: "object", d: path(one.outline), stroke: rgb(one.colour) }));
    const made = label(one.label, Math.min(...one.outline.map((p) => p[0])), Math.min(...one.outline.map((p) => p[1])) - .05);
    made.style.background = rgb(one.colour);
    made.style.color = brightness(one.colour) > .4 ? "#000" : "#fff";
    labels.push(made);
  }
  svg.replaceChildren(...shapes, ...extra);
  byId("labels").replaceChildren(...labels);
}

function show(view) {
  const stage = byId("stage"), image = byId("picture");
  Object.assign(shown, { number: view.number, width: view.width, height: view.height });
  stage.classList.toggle("depth-off", !view.picture);
  if (view.picture) image.src = view.picture;
  image.alt = `${chosen.kind} of ${chosen.camera}, ${view.clock}`;
  const [near, far] = view.limits.map((limit) => limit.toPrecision(3));
  const unit = view.depth_unit === "m" ? "in metres" : "relative: metres need --background-depth";
  byId("legend").textContent = !view.depth_unit ? "This network predicts no depth."
    : chosen.kind === "depth" ? `Depth from ${near} (red, near) to ${far} (blue, far), ${unit}.` : `Depth is ${unit}.`;
  byId("objects").replaceChildren(...view.objects.map((one) => {
    const item = document.createElement("li");
    item.append(make("span", one.label));
    item.style.borderColor = rgb(one.colour);
    return item;
  }));
  shown.objects = view.objects;
  changed("mdf-view");
}
export const objects = () => shown.objects ?? [];

async function follow() {
  for (;;) {
    const { camera: name, kind } = chosen;
    try {
      if (!name || document.hidden) { await pause(250); continue; }
      const view = await ask(`/api/cameras/${encodeURIComponent(name)}/view?kind=${kind}&after=${shown.number}`);
      if (view.number >= 0 && chosen.camera === name && chosen.kind === kind) show(view);
      await pause(60);
    } catch {
      await pause(1000);
    }
  }
}

export function choose(name, kind = chosen.kind) {
  Object.assign(chosen, { camera: name, kind });
  shown.number = -1;
  byId("camera-name").textContent = name;
  for (const button of document.querySelectorAll("[data-kind]")) button.ariaPressed = String(button.dataset.kind === kind);
  tell();
  changed("mdf-camera");
}

const isFine = (one) => one.age !== null && one.age < 5 && !one.troubles.length;
const seconds = (age) => age === null ? "none yet" : age < 2 ? "now" : `${Math.round(age)} s ago`;

function tell() {
  byId("cameras").replaceChildren(...state.cameras.map((one) => {
    const button = make("button", `${isFine(one) ? "●" : "▲"} ${one.name}`, { type: "button" });
    if (one.name === chosen.camera) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => choose(one.name));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  byId("health").replaceChildren(...state.cameras.map((one) => {
    const row = document.createElement("tr");
    row.append(make("th", one.name, { scope: "row" }));
    const { frames, passed_over, computed, opened, p95_ms } = one.counts;
    const words = [one.state, ...one.troubles.filter((trouble) => trouble !== one.state)].join(", ");
    for (const text of [words, one.health.toFixed(2), seconds(one.age), frames, passed_over, computed, opened, p95_ms])
      row.append(make("td", String(text)));
    if (!isFine(one)) row.children[1].className = "trouble";
    return row;
  }));
  const one = camera();
  if (!one) return;
  const status = byId("status");
  const words = [one.source, one.state, ...one.troubles, `last frame: ${seconds(one.age)}`];
  const text = [...new Set(words)].join(" · ");
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("bad", !isFine(one));
}

async function watchState() {
  for (;;) {
    try {
      Object.assign(state, await ask("/api/state"));
      if (!chosen.camera && state.cameras.length) choose(state.cameras[0].name);
      tell();
      changed("mdf-state");
    } catch {
      byId("status").textContent = "The watch does not answer.";
      byId("status").classList.add("bad");
    }
    await pause(2000);
  }
}

for (const button of document.querySelectorAll("[data-kind]"))
  button.addEventListener("click", () => choose(chosen.camera, button.dataset.kind));
watchState();
follow();
