/* What happens around an htmx request: focus after a page change, spoken news, messages, the connection banner, history. */

const $ = id => document.getElementById(id)
const SHELL = ["side", "topbar", "desk", "tabbar"]
const scrolls = new Map()
let leaving = null

export function say(text) { const live = $("live"); live.textContent = ""; setTimeout(() => { live.textContent = text }, 50) }

/* A message passes after 8 s, and waits while the pointer or the focus is on it. Where there is a way back, its button (or the key Z) goes it. */
function passing(el) {
  let timer, before
  const wait = () => { clearTimeout(timer); timer = setTimeout(leave, 8000) }, stay = () => clearTimeout(timer)
  const leave = () => { const mine = el.contains(document.activeElement); stay(); el.remove(); if (mine) (before?.isConnected ? before : $("main")).focus() }
  el.addEventListener("pointerenter", stay); el.addEventListener("pointerleave", wait); el.addEventListener("focusout", wait)
  el.addEventListener("focusin", e => { stay(); if (!el.contains(e.relatedTarget)) before = e.relatedTarget })
  el.addEventListener("click", e => { if (e.target.closest("[data-close]")) leave() })
  el.addEventListener("submit", async e => {
    e.preventDefault(); stay()
    await window.htmx.ajax("POST", e.target.action, { source: e.target, swap: "none" })
    leave(); document.body.dispatchEvent(new CustomEvent("ms:changed", { bubbles: true }))
  })
  wait()
}

export function toast(text, { undo } = {}) {
  const el = $("toast").content.firstElementChild.cloneNode(true), form = el.querySelector("form")
  el.querySelector("p").textContent = text
  if (undo) form.action = undo; else form.remove()
  $("toasts").append(el)
  passing(el)
}
for (const el of document.querySelectorAll("#toasts > .toast")) passing(el)

const REASON = { 403: "You may not do this here. Ask an admin of the team.", 404: "This is no longer here.", 409: "Somebody else was faster. The page shows the newest state after a reload.", 413: "That is too large.", 429: "Too many requests. Try again in a minute." }
/* The banner stays until the studio answers again: it is asked every five seconds. */
let retry
function offline(on) {
  clearTimeout(retry)
  $("offline").hidden = !on
  if (on) retry = setTimeout(() => fetch("/shortcuts/", { method: "HEAD", cache: "no-store" }).then(answer => offline(answer.status > 500), () => offline(true)), 5000)
}

document.addEventListener("htmx:responseError", e => { const s = e.detail.xhr.status; if (s > 500) return offline(true); if (e.detail.xhr.getResponseHeader("HX-Trigger")?.includes("ms:toast")) return; toast(REASON[s] || `The studio could not answer (${s}). What you typed is still here.`) })
document.addEventListener("htmx:sendError", () => offline(true))
document.addEventListener("htmx:timeout", () => offline(true))
document.addEventListener("htmx:afterOnLoad", () => offline(false))
addEventListener("offline", () => offline(true))
addEventListener("online", () => offline(false))

/* The server speaks through HX-Trigger: {"ms:say": …}, {"ms:toast": {value, undo}}, {"ms:prefs": {theme, keys}}. */
document.addEventListener("ms:say", e => say(e.detail.value))
document.addEventListener("ms:toast", e => toast(e.detail.value, e.detail))
document.addEventListener("ms:prefs", e => {
  const root = document.documentElement
  root.dataset.theme = e.detail.theme; root.dataset.keys = e.detail.keys
  for (const b of document.querySelectorAll("[data-pref]")) b.setAttribute("aria-pressed", String(e.detail[b.name] === b.value))
  dispatchEvent(new Event("ms:theme"))
})

/* A session that ran out answers with the sign-in page: that is a page of its own, never a part of this one. */
document.addEventListener("htmx:beforeSwap", async e => {
  const came = new URL(e.detail.xhr.responseURL || location.href)
  if (!came.pathname.startsWith("/accounts/")) return
  e.detail.shouldSwap = false
  await import("./rescue.js").then(rescue => rescue.keep(), () => {})
  location.assign(`${came.pathname}?next=${encodeURIComponent(location.pathname + location.search)}`)
})

if (sessionStorage.getItem(`ms.form.${location.pathname}`)) import("./rescue.js").then(rescue => rescue.bring())

const scroller = () => document.querySelector("#main .scroll")
document.addEventListener("htmx:beforeSwap", e => {
  if (e.detail.target?.id !== "main") return
  if (leaving === null) leaving = location.href
  scrolls.set(leaving, scroller()?.scrollTop || 0)
  for (const open of document.querySelectorAll(":popover-open")) open.hidePopover()
})
document.addEventListener("htmx:beforeRequest", e => { if (e.detail.target?.id === "main") leaving = location.href })

/* A page's own style sheet comes with its #main: until it is there, nothing of the page is shown, rather than a page without style. */
for (const event of ["htmx:afterSwap", "htmx:historyRestore"]) document.addEventListener(event, async () => {
  const main = $("main"), late = [...main.querySelectorAll("link[rel=stylesheet]")].filter(link => !link.sheet)
  if (!late.length) return
  main.dataset.bare = ""
  await Promise.all(late.map(link => new Promise(done => { link.onload = link.onerror = done })))
  delete main.dataset.bare
})

document.addEventListener("htmx:afterSettle", e => {
  if (e.detail.target?.id !== "main" && e.target?.id !== "main") return
  leaving = null
  const heading = document.querySelector("#main h1")
  const invalid = document.querySelector("#main [aria-invalid=true]")
  if (invalid) { invalid.focus(); return }
  if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }) }
  say(document.title)
})

/* Back and Forward: htmx puts the page into #main; the parts around it come from the same answer. */
document.addEventListener("htmx:historyCacheMissLoad", e => {
  const page = new DOMParser().parseFromString(e.detail.response, "text/html")
  for (const id of SHELL) { const fresh = page.getElementById(id); if (fresh && $(id)) { $(id).replaceWith(fresh); window.htmx.process(fresh) } }
  document.title = page.title
})
document.addEventListener("htmx:historyRestore", () => { const el = scroller(); if (el) el.scrollTop = scrolls.get(location.href) || 0 })

/* A mistake in the compose form: the first field that is wrong gets the focus, its message is read. */
document.addEventListener("htmx:afterSwap", e => {
  if (e.detail.target?.id !== "desk") return
  const wrong = document.querySelector("#compose [aria-invalid=true]")
  if (wrong) { wrong.focus(); say(document.querySelector("#compose .err:not(:empty)")?.textContent || "") }
})

document.addEventListener("click", e => { const b = e.target.closest?.("[data-clip]"); if (b) navigator.clipboard?.writeText(b.previousElementSibling.value ?? b.previousElementSibling.textContent).then(() => toast("Copied.")) })
