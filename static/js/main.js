/* What every page needs is loaded at once. What belongs to one kind of page comes when its element is there, also after a swap. What only a hand
   needs comes at the hand's first sign over its place: pointer, touch, focus or key. A click, a change or a key that arrives before its module is
   kept, and done again when the module is there: no first touch is lost. */

import "./events.js";
import "./wave.js";
import "./player.js";
import { bind, known, typing } from "./keys.js";

const once = load => { let got; const bring = () => got ??= load().then(() => { bring.done = true }, () => { got = null }); return bring }
const compose = once(() => import("./compose.js")), morph = once(() => import("../vendor/idiomorph@0.8.0/idiomorph-ext.min.js"))

const LAZY = {
  "ms-poll,ms-elapsed": () => import("./poll.js"),
  "ms-compose:is([open],[now])": compose,
  ".sorted": () => import("./order.js"),
  "#origin": () => import("./origin.js"),
  "#views": () => import("./views.js"),
  "ms-zoom": () => import("./zoom.js"),
  "#comments": () => import("./talk.js"),
  "ms-compare": () => import("./compare.js"),
  "#booth": () => import("./round.js"),
}
const WANTED = [ // element, the places where a hand means it, what comes
  ["ms-compose", "#compose,[data-text]", compose],
  ["#bulk", "#main", once(() => Promise.all([import("./list.js"), morph()]))],
  ["body", "#player .heart,#player .vote,#toasts", morph],
  ["#tracks", ".tools,.older", once(() => import("./find.js"))],
]

function bring() {
  for (const [what, load] of Object.entries(LAZY)) if (document.querySelector(what)) { delete LAZY[what]; load() }
  if (Object.keys(sessionStorage).some(key => key.startsWith("ms.draft.")) && document.querySelector("ms-compose")) compose()
  for (const el of document.querySelectorAll("#compose .range")) el.style.setProperty("--x", `${(el.value - el.min) / (el.max - el.min || 1) * 100}%`)
}
for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, bring)
bring()

document.addEventListener("play", () => import("./heard.js"), { once: true, capture: true })

/* What is still to come for a hand at this element; nothing when all is there. */
function missing(at) {
  const loads = WANTED.filter(([what, where, load]) => !load.done && at.closest?.(where) && document.querySelector(what)).map(([, , load]) => load())
  return loads.length ? Promise.all(loads) : null
}
for (const sign of ["pointerover", "pointerdown", "focusin"]) document.addEventListener(sign, e => { missing(e.target) }, true)

const ASKS = "[data-c=word],#find-list,#id_text:placeholder-shown" // fields in which these modules mean something by a key
const kept = e => e.type !== "keydown" || (typing(e) ? e.target.matches(ASKS) && ["Enter", "ArrowUp", "ArrowDown"].includes(e.key) : e.key.length === 1 ? e.key !== " " && !known(e.key.toLowerCase()) : e.key.startsWith("Arrow") && e.shiftKey)

function again(e) {
  if (!e.target.isConnected) return
  const same = new e.constructor(e.type, e)
  if (e.target.dispatchEvent(same) && e.key === "Enter") e.target.form?.requestSubmit()
}
for (const type of ["click", "change", "keydown"]) window.addEventListener(type, e => {
  if (!e.isTrusted || e.ctrlKey || e.metaKey || e.altKey || !kept(e)) return
  const coming = missing(e.type === "keydown" && !typing(e) ? document.getElementById("main") : e.target)
  if (!coming) return
  e.preventDefault(); e.stopImmediatePropagation()
  coming.then(() => again(e))
}, true)

/* A region that is drawn anew without losing focus and place needs the morphing swap: it comes before the first such request goes. */
document.addEventListener("htmx:confirm", e => {
  const { elt, triggeringEvent } = e.detail
  if (morph.done || !triggeringEvent || !elt.closest("[hx-swap]")?.getAttribute("hx-swap").startsWith("morph")) return
  e.preventDefault()
  morph().then(() => e.detail.issueRequest(true))
})

/* What is typed while the palette is on its way is meant for it. */
let typed = null
const palette = async () => { typed = ""; try { (await import("./palette.js")).open(typed) } finally { typed = null } }
window.addEventListener("keydown", e => {
  if (typed === null || e.key.length > 1 || e.ctrlKey || e.metaKey || e.altKey) return
  typed += e.key; e.preventDefault(); e.stopImmediatePropagation()
}, true)
bind({ "Mod+k": { when: () => document.querySelector("[data-palette]"), run: palette } })
document.addEventListener("click", e => {
  if (!e.target.closest("[data-palette]") || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault(); palette()
})
