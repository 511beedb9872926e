/* What every page needs is loaded at once; what belongs to one kind of page comes when its element is there, also after a swap. */

import "./events.js";
import "./wave.js";
import "./player.js";
import { bind } from "./keys.js";

const LAZY = {
  "ms-poll,ms-elapsed": () => import("./poll.js"),
  "ms-compose": () => import("./compose.js"),
  "#bulk": () => import("./list.js"),
  ".sorted": () => import("./order.js"),
  "#tracks": () => import("./find.js"),
  "#views": () => import("./views.js"),
  "ms-compare": () => import("./compare.js"),
  "#booth": () => import("./round.js"),
}

function bring() {
  for (const [what, load] of Object.entries(LAZY)) if (document.querySelector(what)) { delete LAZY[what]; load() }
}
for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, bring)
bring()

const palette = async () => (await import("./palette.js")).open()
bind({ "Mod+k": { when: () => document.querySelector("[data-palette]"), run: palette } })
document.addEventListener("click", e => {
  if (!e.target.closest("[data-palette]") || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault(); palette()
})
