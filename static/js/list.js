/* What is done to tracks from a list or from the track page: selection, the bar over the player, a row's menu, keys, the panels that choose.
   The subject is the track of the open menu or panel, else the selection, else the row with the focus, else the page's own track.
   Acts go to one address, one after the other; the answer brings the changed rows, or the event ms:changed on which the lists fetch themselves. */

import { bind } from "./keys.js";
import { say, toast } from "./events.js";
const $ = id => document.getElementById(id), bar = () => $("bulk"), menu = () => $("menu"), panel = () => $("pick")
const chosen = new Set()
let all = false, anchor = null, of = null, queue = Promise.resolve()

const rows = () => [...document.querySelectorAll("#main li.track")]
const box = row => row.querySelector(".check input")
const here = () => document.activeElement?.closest("#main li.track")
const list = () => $("tracks")?.dataset ?? {}
const total = () => Number(list().total) || 0
const own = () => document.querySelector("#main .herobox[data-track]")
const subject = () => of || (all || chosen.size ? [...chosen] : [here() ?? own()].filter(Boolean).map(el => el.dataset.track))

function meant() {
  const track = subject()
  const words = { scope: bar().dataset.scope, track, asking: 1 }
  if (!of && all) Object.assign(words, { track: [], matching: 1, query: location.search })
  else if (track.length && track.every(id => $(`t-${id.replaceAll("-", "")}`))) words.rows = 1
  return words
}
const send = (url, values, target) => queue = queue.then(() => bar() && window.htmx.ajax("POST", url, { source: bar(), target: target ?? bar(), swap: target ? "innerHTML" : "none", values })).catch(() => {})

function act(name, words = {}) {
  if (!all && !subject().length) return
  const values = { ...meant(), ...words, act: name }, leaving = ["move", "archive", "unarchive", "delete", "restore", "uncollect"].includes(name) && !of
  if (menu().matches(":popover-open")) menu().hidePopover()
  return send(bar().dataset.url, values).then(() => { if (leaving) clear() })
}

function show() {
  for (const row of rows()) box(row).checked = all || chosen.has(row.dataset.track)
  const n = all ? total() : chosen.size, more = $("bulk")?.querySelector("[data-all]")
  if (!bar()) return
  bar().hidden = !n
  bar().querySelector("[data-count]").textContent = `${n.toLocaleString("en-US")} selected`
  more.hidden = all || chosen.size < rows().length || total() <= chosen.size || total() > 1000
  more.textContent = `Select all ${total().toLocaleString("en-US")} matching`
  const against = bar().querySelector("[data-compare]")
  if (against) { against.hidden = all || n < 2 || n > 16; against.href = `${against.pathname}?${[...chosen].map(id => `track=${id}`).join("&")}`; window.htmx.process(against) } // it keeps the address that it first read
}
function clear() { chosen.clear(); all = false; show() }
function select(row, on) {
  if (all) { all = false; for (const other of rows()) chosen.add(other.dataset.track) }
  on ? chosen.add(row.dataset.track) : chosen.delete(row.dataset.track)
  anchor = row; show()
}
function reach(by) {
  const row = here(), list = rows(), next = list[list.indexOf(row) + by]
  if (!next) return
  select(row, true); select(next, true)
  next.querySelector("h3 a").focus(); next.scrollIntoView({ block: "nearest" })
}

async function open(layer, button) {
  layer.showPopover()
  if (layer === menu()) {
    const b = button.getBoundingClientRect(), h = layer.offsetHeight
    layer.style.top = `${Math.max(8, Math.min(b.bottom + 4, innerHeight - h - 8))}px`; layer.style.left = `${Math.max(8, b.right - layer.offsetWidth)}px`
  }
  (layer.querySelector("[role=combobox],[aria-invalid],.stackf .inp") ?? layer.querySelector("button,a,input"))?.focus()
}
async function showMenu(button) {
  const track = button.closest("[data-track]")
  await window.htmx.ajax("GET", `${track.dataset.href}menu/?scope=${bar().dataset.scope}`, { source: bar(), target: menu(), swap: "innerHTML" })
  open(menu(), button)
  of = [track.dataset.track]
}
async function pick(what) {
  const values = meant(), who = all || (!of && chosen.size) ? null : subject()
  if (who && !who.length) return
  if (menu().matches(":popover-open")) menu().hidePopover()
  await import("./pick.js");
  const url = what.startsWith("/") ? what : bar().dataset.pickUrl.replace(/tag\/$/, `${what}/`)
  panel().replaceChildren()
  await send(url, values, panel())
  if (panel().firstElementChild) { of = who; open(panel()) }
}
function zip() {
  const form = $("zip")
  form.querySelectorAll("[data-mine]").forEach(el => el.remove())
  for (const [name, value] of Object.entries(meant())) for (const one of [value].flat()) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: one }))
  form.querySelectorAll("input:not([name=csrfmiddlewaretoken])").forEach(el => { el.dataset.mine = "" })
  form.submit()
  say("The ZIP is on its way.")
}

const CLICKS = {
  "[data-act]:not(form)": el => { mine(el); const { act: name, ...words } = el.dataset; act(name, words) },
  "[data-menu]": showMenu,
  "[data-pick]": el => { mine(el); pick(el.dataset.pick) },
  "[data-purge]": el => pick(el.dataset.purge),
  "[data-zip]": zip, "[data-none]": clear,
  "[data-all]": () => { all = true; show() },
  "[data-shut]": el => el.closest("#failed").replaceChildren(),
  "[data-copy]": el => { navigator.clipboard?.writeText(new URL(el.dataset.copy, location.href).href); menu().hidePopover(); toast("Link copied.") },
}
/* A control inside a row is about that row, whatever is selected. */
function mine(el) { const track = el.closest("#main [data-track]"); if (track) { of = [track.dataset.track]; queueMicrotask(() => { if (!panel().matches(":popover-open")) of = null }) } }

document.addEventListener("click", e => {
  if (!bar()) return
  const check = e.target.closest("#main .check input")
  if (check) {
    const row = check.closest(".track"), on = check.checked, from = rows().indexOf(anchor), to = rows().indexOf(row)
    if (e.shiftKey && from >= 0) for (const r of rows().slice(Math.min(from, to), Math.max(from, to) + 1)) select(r, on)
    return select(row, on)
  }
  for (const [what, run] of Object.entries(CLICKS)) { const el = e.target.closest(what); if (el) { e.preventDefault(); return run(el) } }
})
document.addEventListener("change", e => { if (bar() && e.target.matches("[data-rate]")) { mine(e.target); act("rate", { stars: e.target.value }) } })
document.addEventListener("input", e => { if (e.target.matches("[data-rate]")) { e.target.className = `stars s${e.target.value}`; e.target.setAttribute("aria-valuetext", `${+e.target.value || "no"} star${e.target.value === "1" ? "" : "s"}`) } })
document.addEventListener("submit", e => { if (e.target.matches("form[data-act]")) { e.preventDefault(); queueMicrotask(() => panel().hidePopover()); act(e.target.dataset.act, Object.fromEntries(new FormData(e.target))) } })
document.addEventListener("htmx:afterSwap", e => { if (e.target.id === "pick" && !panel().firstElementChild) panel().hidePopover() })
document.addEventListener("ms:asking", e => { of = e.detail.track ? [e.detail.track] : null; open(panel()) })
document.addEventListener("ms:pick", e => { act(e.detail.act, { name: e.detail.name }); if (e.detail.act === "move") panel().hidePopover() })
document.addEventListener("toggle", e => { if (e.newState === "closed" && [menu(), panel()].includes(e.target) && !document.querySelector("#menu:popover-open,#pick:popover-open")) of = null }, true)
for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, () => {
  if (!bar()) return
  const there = new Set(rows().map(row => row.dataset.track))
  for (const id of chosen) if (!there.has(id)) chosen.delete(id)
  if (!there.size) all = false
  show()
})

/* What is selected, 2 to 16 (the page offers a round for more than 4); without a selection the takes beside the focused row. */
const against = () => all ? null : chosen.size ? bar()?.querySelector("[data-compare]:not([hidden])") : here()?.closest(".gen-group")?.querySelector("[data-takes]") ?? [...document.querySelectorAll("[data-takes]")].findLast(el => here() && el.compareDocumentPosition(here()) & 4 && here().closest(".gen-group")?.querySelector(".lane"))

const when = () => bar() && (all || subject().length), decide = status => ({ when, run: () => act("decide", { status }) })
bind({
  ...Object.fromEntries([..."012345"].map(stars => [stars, { does: "Rate", when, run: () => act("rate", { stars }) }])),
  f: { does: "Favourite", when, run: () => act("favourite") },
  a: decide("approved"), x: decide("rejected"),
  t: { does: "Tag", when, run: () => pick("tag") },
  l: { does: "Collect", when: () => bar()?.querySelector("[data-pick=collect]") && when(), run: () => pick("collect") },
  d: { does: "Download as ZIP", when: () => bar()?.querySelector("[data-zip]") && when(), run: zip },
  s: { does: "Select", when: here, run: () => select(here(), !chosen.has(here().dataset.track)) },
  "Shift+ArrowDown": { when: here, run: () => reach(1) }, "Shift+ArrowUp": { when: here, run: () => reach(-1) },
  c: { does: "Compare", when: against, run: () => against().click() },
  Escape: { when: () => all || chosen.size, run: clear },
})
for (const row of rows()) if (box(row).checked) chosen.add(row.dataset.track) // ticked before this module came
show()
