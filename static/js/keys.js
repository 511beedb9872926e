/* Keys. A module of a page brings its own: bind({ "f": { does: "Favourite", when: () => …, run: e => … } }); the last one whose `when` holds runs.
   Names: "f", "Space", "Shift+ArrowDown", "g l" (one after the other), "Mod+k" (⌘ on a Mac, Ctrl elsewhere; also while typing).
   Single keys can be switched off (WCAG 2.1.4): <html data-keys="off">, set by the server. They never act while somebody types, in a dialog or with
   another modifier; a button keeps Space and Enter for itself. A shortcut is never the only way to do something. */

import * as player from "./player.js";
const root = document.documentElement, bound = new Map()
const TYPING = "input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable],[role=slider],ms-wave,dialog,[popover]:popover-open"
let first = "", timer

export const known = key => [...bound.keys()].some(keys => keys.split(" ").includes(key))
export function bind(map) { for (const [key, act] of Object.entries(map)) bound.set(key, [...bound.get(key) ?? [], act]) }

const name = e => e.key === " " ? "Space" : e.key.length === 1 ? e.key.toLowerCase() : e.key
export const typing = e => e.target.closest?.(TYPING)
const busy = e => typing(e) || document.querySelector("dialog:modal") || ([" ", "Enter"].includes(e.key) && e.target.closest?.("button,summary,input"))
const find = key => bound.get(key)?.findLast(act => !act.when || act.when())

function wanted(e) {
  const mac = root.dataset.os === "mac", mod = mac ? e.metaKey : e.ctrlKey, other = mac ? e.ctrlKey : e.metaKey
  if (other || e.altKey) return null
  if (mod) return find(`Mod+${name(e)}`)
  if (root.dataset.keys === "off" || busy(e)) return null
  const key = first + name(e)
  first = ""; clearTimeout(timer)
  if ([...bound.keys()].some(k => k.startsWith(`${key} `))) { first = `${key} `; timer = setTimeout(() => { first = "" }, 1200); return null }
  return (e.shiftKey && find(`Shift+${key}`)) || find(key)
}

document.addEventListener("keydown", e => {
  if (e.defaultPrevented || e.isComposing || ["Shift", "Control", "Alt", "Meta"].includes(e.key)) return
  const act = wanted(e)
  if (act) { e.preventDefault(); act.run(e) }
})

const titles = () => [...document.querySelectorAll("#main .track h3 a")]
const inList = () => document.activeElement?.closest("#main .track")

function move(by) {
  const rows = titles(); if (!rows.length) return
  const here = rows.indexOf(inList()?.querySelector("h3 a")), loaded = rows.findIndex(a => a.closest(".track").matches("[aria-current]"))
  const row = rows[Math.max(0, Math.min(rows.length - 1, (here < 0 ? loaded : here) + by))]
  row.focus(); row.closest(".track").scrollIntoView({ block: "nearest" })
  if (player.playing()) player.playTrack(row.closest(".track").dataset.track)
}

/* To the prompt, whichever page it is: where there is no panel, by way of the project worked in last. */
function compose() {
  const panel = document.getElementById("compose"), prompt = document.getElementById("id_text")
  if (!prompt && document.querySelector("[data-load]")) return click("[data-load]")
  if (!prompt) {
    if (!panel && document.querySelector("[data-compose]")) { document.addEventListener("htmx:afterSettle", () => requestAnimationFrame(compose), { once: true }); click("[data-compose]") }
    return
  }
  if (panel.matches("[popover]") && getComputedStyle(panel).display === "none") panel.showPopover()
  prompt.focus()
}
document.addEventListener("ms:compose", compose)
document.addEventListener("click", e => { if (e.isTrusted && e.target.closest("[data-compose]")) document.addEventListener("htmx:afterSettle", () => requestAnimationFrame(compose), { once: true }) })

const click = what => [...document.querySelectorAll(what)].at(-1)?.click()
const go = to => ({ run: () => click(`[data-go=${to}]`) })
const seek = by => ({ when: inList, run: () => player.seekBy(by) })

bind({
  "Space": { run: () => player.toggle(player.playing() ? undefined : inList()?.dataset.track) },
  "j": { run: () => move(1) },
  "k": { run: () => move(-1) },
  "n": { run: compose },
  "/": { run: () => [...document.querySelectorAll("[data-find]")].find(el => el.offsetParent)?.focus() },
  "?": { run: () => document.getElementById("help")?.togglePopover() },
  "z": { run: () => click("#toasts .undo") },
  "ArrowLeft": seek(-5), "ArrowRight": seek(5), "Shift+ArrowLeft": seek(-1), "Shift+ArrowRight": seek(1),
  "g h": go("home"), "g l": go("library"), "g q": go("queue"), "g b": go("budgets"), "g p": go("project"), "g s": go("settings"), "g c": go("compare"),
  "Mod+Enter": { when: () => document.activeElement?.closest("#compose form"), run: () => document.activeElement.form.requestSubmit() },
})

/* The help sheet's search: rows that lack what is typed go away. */
document.addEventListener("input", e => {
  const what = e.target.dataset.filter
  if (!what) return
  const words = e.target.value.toLowerCase()
  const rows = [...document.querySelectorAll(`#${what} dl > div`)]
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(words)
  for (const part of document.querySelectorAll(`#${what} .sec`)) part.hidden = !part.querySelector("dl > div:not([hidden])")
  e.target.nextElementSibling.nextElementSibling.textContent = rows.some(row => !row.hidden) ? "" : "No shortcut does that."
})
