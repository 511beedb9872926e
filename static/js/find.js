/* Finding in a list: suggestions under the search line (a combobox, WAI-ARIA APG), popovers that hang at their button and load
   when opened, typing to narrow a long facet, and a list that refreshes itself with all the pages it shows. */

const $ = id => document.getElementById(id)
const hints = () => $("hints"), line = () => $("find-list")
const options = () => [...(hints()?.children || [])]
let at = -1

function mark(to) {
  const all = options()
  at = all.length ? (to + all.length) % all.length : -1
  all.forEach((el, i) => el.setAttribute("aria-selected", String(i === at)))
  if (at < 0) line().removeAttribute("aria-activedescendant")
  else { line().setAttribute("aria-activedescendant", all[at].id); all[at].scrollIntoView({ block: "nearest" }) }
}
function show(open) {
  const box = hints(); if (!box) return
  at = -1; line().removeAttribute("aria-activedescendant")
  open = open && options().length > 0 && document.activeElement === line()
  if (open !== box.matches(":popover-open")) box.togglePopover(open)
  line().setAttribute("aria-expanded", String(open))
  if (open) hang(box, line().closest(".find"))
}
function take(option) {
  const text = option.dataset.line, more = text.endsWith(":")
  show(false)
  line().value = more ? text : `${text} `
  line().focus()
  window.htmx.trigger(line(), "hint")
}

document.addEventListener("keydown", e => {
  if (e.target !== line() || e.isComposing) return
  const open = hints().matches(":popover-open")
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    e.preventDefault()
    if (!open) { window.htmx.trigger(line(), "hint"); return }
    mark(e.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1)
  } else if (e.key === "Enter" && open && at >= 0) { e.preventDefault(); take(options()[at]) }
  else if (e.key === "Escape" && open) { e.preventDefault(); show(false) }
  else if (e.key === "Tab") show(false)
})
document.addEventListener("pointerdown", e => {
  const option = e.target.closest?.("#hints [role=option]")
  if (option) { e.preventDefault(); take(option) }
})
document.addEventListener("focusout", e => { if (e.target === line()) show(false) })
document.addEventListener("submit", e => { if (e.target.contains(line())) show(false) })
document.addEventListener("htmx:afterSwap", e => { if (e.detail.target?.id === "hints") show(true) })

/* Under its button, inside the window. On the phone the style sheet makes it a sheet at the bottom. */
function hang(box, by) {
  if (innerWidth <= 760 && !box.matches(".hints")) { box.style.cssText = ""; return }
  const r = by.getBoundingClientRect(), room = 12
  box.style.insetInlineStart = `${Math.max(room, Math.min(r.left, innerWidth - box.offsetWidth - room))}px`
  box.style.insetBlockStart = `${r.bottom + 6}px`
  box.style.maxBlockSize = `${innerHeight - r.bottom - 6 - room}px`
}
document.addEventListener("toggle", e => {
  if (!e.target.matches?.(".menu.at")) return
  const by = document.querySelector(`[popovertarget="${e.target.id}"]`), open = e.newState === "open"
  if (!open || !by) return
  hang(e.target, by)
  if (e.target.matches(".facet")) window.htmx.trigger(e.target, "open")
  else e.target.querySelector("input:not([type=hidden])")?.focus()
}, true)
document.addEventListener("htmx:afterSwap", e => {
  const box = e.detail.target
  if (!box?.matches?.(".facet:popover-open")) return
  hang(box, document.querySelector(`[popovertarget="${box.id}"]`))
  box.querySelector("[data-narrow]")?.focus()
})
document.addEventListener("input", e => {
  if (!e.target.matches?.("[data-narrow]")) return
  const wanted = e.target.value.trim().toLowerCase()
  for (const li of e.target.closest(".facet").querySelectorAll("[data-name]")) li.hidden = !li.dataset.name.includes(wanted)
})

/* Refreshed in place, the list comes back with as many pages as it shows. */
const pages = () => [...document.querySelectorAll("#tracks [data-pages]")].reduce((sum, el) => sum + +el.dataset.pages, 0)
document.addEventListener("htmx:configRequest", e => { if (e.target.id === "fresh" && pages() > 1) e.detail.parameters.upto = Math.min(10, pages()) })
