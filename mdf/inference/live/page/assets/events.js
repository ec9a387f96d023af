// The last events, the newest first.
import { ask, byId, make } from "/live.js";

let newest = 0;
const items = new Map();

function itemOf(event) {
  const item = items.get(event.id) ?? document.createElement("li");
  items.set(event.id, item);
  const words = document.createElement("div");
  words.append(make("p", [event.kind, event.zone].filter(Boolean).join(" "), event.ended ? {} : { class: "open" }));
  words.append(make("p", [event.camera, event.label && `object ${event.label}`].filter(Boolean).join(" · ")));
  const end = event.ended ? `until ${event.ended.slice(11)}: ${event.reason}` : "still going on";
  words.append(make("p", `${event.began}, ${end}`, { class: "fine" }));
  const picture = item.querySelector("img");
  item.replaceChildren(words);
  if (picture) item.prepend(picture);
  else if (event.has_snapshot)
    item.prepend(make("img", "", { src: `/api/events/${encodeURIComponent(event.id)}/snapshot`, loading: "lazy",
      alt: `${event.camera} when ${event.kind} began` }));
  return item;
}

async function follow() {
  for (;;) {
    try {
      for (const event of await ask(`/api/events?after=${newest}`)) {
        newest = Math.max(newest, event.serial);
        const isNew = !items.has(event.id);
        const item = itemOf(event);
        if (isNew) byId("events").prepend(item);
      }
      while (byId("events").children.length > 100) {
        const last = byId("events").lastElementChild;
        for (const [id, item] of items) if (item === last) items.delete(id);
        last.remove();
      }
      byId("no-events").hidden = items.size > 0;
    } catch { /* the status line says so */ }
    await new Promise((done) => setTimeout(done, document.hidden ? 5000 : 1000));
  }
}
follow();
