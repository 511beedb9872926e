/* Single-key shortcuts. They can be switched off (WCAG 2.1.4): <html data-keys="off">, set by the server from a cookie.
   Never while typing, in a dialog or with a modifier; a shortcut is never the only way to do something. */

import * as player from "./player.js";
const busy = el => el?.closest?.("input,textarea,select,button,summary,[contenteditable],[role=slider],ms-wave,dialog,[popover]:popover-open")
const titles = () => [...document.querySelectorAll("#main .track h3 a")]
let waiting = null

function move(by) {
  const rows = titles(); if (!rows.length) return
  const here = rows.indexOf(document.activeElement), loaded = rows.findIndex(a => a.closest(".track").matches("[aria-current]"))
  const row = rows[Math.max(0, Math.min(rows.length - 1, (here < 0 ? loaded : here) + by))]
  row.focus(); row.closest(".track").scrollIntoView({ block: "nearest" })
  if (player.playing()) player.playTrack(row.closest(".track").dataset.track)
}

function compose() {
  const panel = document.getElementById("compose"), prompt = document.getElementById("id_text")
  if (!prompt) return
  if (panel.matches("[popover]") && getComputedStyle(panel).display === "none") panel.showPopover()
  prompt.focus()
}

const go = to => document.querySelector(`[data-go=${to}]`)?.click()
const find = () => [...document.querySelectorAll("[data-find]")].find(el => el.offsetParent)?.focus()
const help = () => document.getElementById("help")?.togglePopover()

function single(e) {
  const inList = document.activeElement?.closest?.("#main .track")
  if (waiting) { waiting = null; return { l: () => go("library"), p: () => go("project"), s: () => go("settings") }[e.key] }
  return { " ": () => player.toggle(), j: () => move(1), k: () => move(-1), n: compose, "/": find, "?": help, g: () => { waiting = setTimeout(() => { waiting = null }, 1200) }, ArrowLeft: inList && (() => player.seekBy(e.shiftKey ? -1 : -5)), ArrowRight: inList && (() => player.seekBy(e.shiftKey ? 1 : 5)) }[e.key.length === 1 ? e.key.toLowerCase() : e.key]
}

document.addEventListener("keydown", e => {
  if ((e.metaKey || e.ctrlKey) && e.key === "Enter") {
    const form = document.activeElement?.closest?.("#compose form")
    if (form) { e.preventDefault(); form.requestSubmit() }
    return
  }
  if (e.defaultPrevented || e.altKey || e.ctrlKey || e.metaKey || e.isComposing || document.documentElement.dataset.keys === "off" || busy(e.target)) return
  const act = single(e)
  if (act) { e.preventDefault(); act() }
})
