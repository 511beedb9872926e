/* The comments of a track page: words stay at the second at which somebody began to type; replies and edits use the one form, which stands outside
   of what is fetched again, so that nothing typed is ever lost; @ offers members; M, [ and ] go to the form and from comment to comment. */

import { bind } from "./keys.js";
import { clock } from "./wave.js";
import { say } from "./events.js";
import { cue } from "./player.js";

const $ = id => document.getElementById(id)
const form = () => document.querySelector("form#say"), field = name => form().elements[name], text = () => $("id_say")
const wave = () => document.querySelector("#main .herowave")
const exact = s => { const tenth = Math.round(s * 10) % 10; return clock(s) + (tenth ? `.${tenth}` : "") }
let unfolded = false // the resolved threads stay unfolded when the list is fetched again
document.addEventListener("htmx:beforeSwap", e => { if (e.detail.target?.id === "comments") unfolded = !!$("resolved")?.open })
document.addEventListener("htmx:afterSwap", () => { if (unfolded && $("resolved")) $("resolved").open = true })
let stash = "" // what stood in the form before somebody began to edit

const at = () => wave()?.at || 0
const title = () => {
  if (!form() || field("edit").value || field("parent").value) return
  const from = field("start").value, to = field("end").value
  $("saying").textContent = from ? `Comment ${to ? `from ${from} to ${to}` : `at ${from}`}` : form().dataset.whole || !at() ? "Comment on the whole track" : `Comment at ${exact(at())}`
}
/* Typing holds the second at which it began. */
function hold() {
  if (!form() || field("start").value || form().dataset.whole || field("edit").value || field("parent").value || !at()) return
  field("start").value = exact(at()); title()
}
function mode(kind, id, label) {
  for (const name of ["parent", "edit"]) field(name).value = name === kind ? id : ""
  form().querySelector(".times").hidden = !!kind
  form().querySelector("[data-say=drop]").hidden = !kind
  $("err_say").textContent = ""
  if (kind) $("saying").textContent = label; else title()
}
function drop() { if (field("edit").value) text().value = stash; stash = ""; mode(); keep() }
function empty() {
  text().value = ""; field("start").value = field("end").value = ""; delete form().dataset.whole
  text().style.blockSize = ""; mode(); keep()
}
/* What is half written survives a change of the page. */
function keep() {
  const words = { text: text().value, start: field("start").value, end: field("end").value }
  try { text().value && !field("edit").value ? sessionStorage.setItem(form().dataset.draft, JSON.stringify(words)) : sessionStorage.removeItem(form().dataset.draft) } catch { /* private mode */ }
}
function recall() {
  let draft = null
  try { draft = JSON.parse(sessionStorage.getItem(form().dataset.draft)) } catch { /* unreadable: no draft */ }
  if (!draft || text().value) return
  text().value = draft.text; field("start").value = draft.start; field("end").value = draft.end
}
function write() { if (!form()) return; hold(); text().focus(); form().scrollIntoView({ block: "nearest" }) }

const PRESS = {
  from: () => { field("start").value = exact(at()); delete form().dataset.whole },
  to: () => { if (!field("start").value) field("start").value = "0:00"; field("end").value = exact(at()) },
  all: () => { field("start").value = field("end").value = ""; form().dataset.whole = 1 },
  drop,
}
document.addEventListener("click", e => {
  if (!form()) return
  const press = e.target.closest("[data-say]"), reply = e.target.closest("[data-reply]"), edit = e.target.closest("[data-edit]"), person = e.target.closest("#people [role=option]")
  if (person) { e.preventDefault(); return choose(person) }
  if (press) { PRESS[press.dataset.say](); title(); keep(); return text().focus() }
  if (reply) { e.preventDefault(); if (field("edit").value) drop(); mode("parent", reply.dataset.reply, `Reply to ${reply.dataset.name}`); text().focus() }
  if (edit) { e.preventDefault(); if (!field("edit").value) stash = text().value; mode("edit", edit.dataset.edit, "Edit your comment"); text().value = edit.dataset.text; text().focus(); grow() }
})
const grow = () => { text().style.blockSize = "auto"; text().style.blockSize = `${Math.min(260, text().scrollHeight + 2)}px` }
document.addEventListener("input", e => {
  if (e.target.form !== form() || !form()) return
  if (e.target === text()) { hold(); grow(); offer() } else title()
  keep()
})

/* Said: the form is empty again and has a fresh id, so that the next comment is another one. */
document.addEventListener("ms:said", e => {
  if (!form()) return
  empty(); field("id").value = e.detail.next
  $(`c-${e.detail.id}`)?.scrollIntoView({ block: "nearest" })
  say("Comment sent.")
})

/* Members behind an @, in a list under the field: arrows choose, Enter or Tab takes, Escape shuts. */
const people = () => $("people"), shown = () => [...people().querySelectorAll("[role=option]:not([hidden])")]
const typed = () => /(?:^|[\s(])@([^@\n]{0,40})$/.exec(text().value.slice(0, text().selectionStart))?.[1]
function offer() {
  const part = typed()?.toLowerCase()
  for (const el of people().children) el.hidden = part === undefined || !el.dataset.name.toLowerCase().split(" ").some((_, i, w) => w.slice(i).join(" ").startsWith(part))
  const found = shown()
  people().hidden = !found.length
  point(found.find(el => el.getAttribute("aria-selected") === "true") ?? found[0])
  if (found.length) say(`${found.length} member${found.length === 1 ? "" : "s"}, ${found[0].dataset.name}`)
}
function point(el) {
  for (const other of people().children) other.setAttribute("aria-selected", String(other === el))
  el && !people().hidden ? text().setAttribute("aria-activedescendant", el.id) : text().removeAttribute("aria-activedescendant")
}
function choose(el) {
  const end = text().selectionStart, from = end - typed().length
  text().setRangeText(`${el.dataset.name} `, from, end, "end")
  people().hidden = true; point(null); text().focus(); keep()
}
document.addEventListener("keydown", e => {
  if (!form() || e.target !== text()) return
  const mod = document.documentElement.dataset.os === "mac" ? e.metaKey : e.ctrlKey
  if (mod && e.key === "Enter") { e.preventDefault(); return form().requestSubmit() }
  const found = shown(), i = found.findIndex(el => el.getAttribute("aria-selected") === "true")
  if (e.key === "Escape") { if (!people().hidden) { people().hidden = true; point(null) } else if (field("edit").value || field("parent").value) drop(); else text().blur(); return e.preventDefault() }
  if (people().hidden || !found.length) return
  if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); const next = found[(i + (e.key === "ArrowDown" ? 1 : -1) + found.length) % found.length]; point(next); say(next.dataset.name) }
  if (["Enter", "Tab"].includes(e.key) && i >= 0 && !e.shiftKey) { e.preventDefault(); choose(found[i]) }
}, true)

/* From comment to comment: the player goes to its second. */
function go(by) {
  const all = [...document.querySelectorAll("#comments .threads:not(.done) > li > .comment")]
  const here = all.indexOf(document.activeElement?.closest(".thread")?.querySelector(".comment"))
  const next = here >= 0 ? all[here + by] : by > 0 ? all.find(el => el.dataset.at > at()) ?? all[0] : all.findLast(el => +el.dataset.at < at()) ?? all.at(-1)
  if (!next) return
  next.focus(); next.scrollIntoView({ block: "nearest" })
  if (next.dataset.at) cue(wave().closest("[data-track]").dataset.track, +next.dataset.at)
}
document.addEventListener("click", e => {
  const pin = e.target.closest?.(".pin[id]"), comment = pin && $(`c-${pin.id.slice(4)}`)
  if (!comment || e.ctrlKey || e.metaKey || e.shiftKey) return
  e.preventDefault()
  comment.focus(); comment.scrollIntoView({ block: "nearest" })
  cue(wave().closest("[data-track]").dataset.track, +pin.dataset.at)
})
document.addEventListener("click", e => {
  const link = e.target.closest?.("#player [data-p=comment]")
  if (link && link.pathname === location.pathname && form()) { e.preventDefault(); e.stopPropagation(); write() }
}, true)

/* What was new counts as read once it has been in view for two seconds; its marks stay while the page is open. */
let read = "", told = 0
function look() {
  const list = $("comments"); if (!list) return
  const fresh = +list.dataset.new
  if (fresh > told && told >= 0 && read) say(`${fresh - told} new comment${fresh - told === 1 ? "" : "s"}`)
  told = fresh
  if (list.dataset.upto === read) return
  read = list.dataset.upto
  setTimeout(() => { if (document.hidden || $("comments")?.dataset.upto !== read) { read = ""; return } window.htmx.ajax("POST", list.dataset.seen, { source: list, swap: "none", values: { upto: read } }) }, 2000)
}

function begin() {
  look()
  const there = location.hash.startsWith("#c-") && document.getElementById(location.hash.slice(1))
  if (there) { there.closest("details")?.setAttribute("open", ""); there.focus(); there.scrollIntoView({ block: "center" }); if (there.dataset.at) cue(wave().closest("[data-track]").dataset.track, +there.dataset.at) }
  if (!form() || form().dataset.begun) return
  form().dataset.begun = 1
  new MutationObserver(title).observe(wave(), { attributeFilter: ["position"] })
  recall(); title(); grow()
  if (location.hash === "#say") write()
}
document.addEventListener("htmx:afterSettle", e => e.detail.target?.id === "main" || e.target?.id === "main" ? begin() : look())
document.addEventListener("htmx:historyRestore", begin)
begin()

bind({
  m: { does: "Comment", when: form, run: write },
  "[": { when: () => $("comments"), run: () => go(-1) },
  "]": { when: () => $("comments"), run: () => go(1) },
})
