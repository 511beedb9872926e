/* Two audio elements for the whole visit, of which one sounds: the first in the player. Near its end the other one takes in the next track, and
   starts when it ends. They stand outside everything htmx swaps, so a click on a link doesn't stop the music.
   A track is described by the data- attributes of its row; the list as shown when play is pressed becomes the play order. Where the page ends
   (`data-order` of #tracks) the server is asked how the list went on, as it was filtered and sorted then.
   What plays and where it stands is kept in localStorage: a reload comes back paused at the same second.
   Matching levels only ever attenuates, towards the quietest track of the order: min(target − LUFS, −1 − true peak) dB. It is done with the
   element's own volume: no audio graph stands between the file and the ear that could be suspended. */

import { bytes, clock } from "./wave.js";
const box = document.getElementById("player")
const KEY = `ms.player.${box?.dataset.who}`
let audio = box?.querySelector("audio"), spare = audio?.cloneNode(), turn, primed = ""
const part = name => box.querySelector(`[data-p=${name}]`)
let list = [], index = -1, order = "", pending = null, spinner, level = 1, matched = false, chosen = false // chosen: somebody has pressed play in this visit or before

const now = () => list[index]
const describe = el => ({ id: el.dataset.track, src: el.dataset.src ?? `${el.dataset.href}audio`, title: el.dataset.title, sub: el.dataset.sub, href: el.dataset.href, seconds: +el.dataset.seconds, lufs: el.dataset.lufs || "", peak: el.dataset.peak || "", hue: el.dataset.hue, peaks: el.querySelector("ms-wave")?.getAttribute("peaks") || "" })
function read() {
  const rows = document.getElementById("tracks")?.dataset
  list = [...document.querySelectorAll("#main [data-track]")].map(describe)
  order = rows?.order ? { url: rows.order, back: "later" in rows } : ""
}
const state = s => { clearTimeout(spinner); box.dataset.state = s; mark(); if (navigator.mediaSession) navigator.mediaSession.playbackState = s === "paused" || s === "error" ? "paused" : "playing" }
const slow = () => { clearTimeout(spinner); spinner = setTimeout(() => { if (!audio.paused) state("loading") }, 300) }
const dB = text => text.replace("-", "−")
const take = track => track.sub.split(" · ")[0]

function load(track, at = 0) {
  clearTimeout(turn)
  if (!at && primed === track.src && spare.readyState > 2) trade()
  else { pending = at; audio.preload = "none"; audio.src = track.src }
  primed = ""
  show(track, at)
  extend()
}

/* The element with the next track becomes the one that sounds; what is left of the other one, a few milliseconds, rings out. */
function trade() {
  const old = audio
  box.dispatchEvent(new Event("ms:turn"))
  audio = spare; spare = old
  box.prepend(audio) // it does not sound yet, so it may be moved
  pending = null; audio.muted = old.muted
  if (old.duration - old.currentTime > .3) old.pause()
}
const AHEAD = 100 // milliseconds from play() to sound, as measured in Chromium: a gap of 0 to 30 ms is left, of 170 to 240 with one element
function prime() {
  const next = list[index + 1], left = audio.duration - audio.currentTime
  clearTimeout(turn)
  if (!next || audio.paused || !(left < 20)) return
  if (primed !== next.src && spare.paused) { primed = next.src; spare.preload = "auto"; spare.src = primed; spare.load() }
  if (left < .8) turn = setTimeout(() => { if (!audio.paused && list[index + 1] === next && audio.duration - audio.currentTime < .3) step(1) }, left * 1000 - AHEAD)
}

/* How the list goes on, and went before, where the page has ended. */
async function extend() {
  const back = index === 0 && order.back, here = order
  if (!here || (index < list.length - 2 && !back)) return
  order = ""
  const edge = list.at(back ? 0 : -1), answer = await fetch(`${here.url}&${back ? "before" : "after"}=${edge.id}`).catch(() => null)
  if (list.at(back ? 0 : -1) !== edge || order) return
  const rows = answer?.ok && !answer.redirected ? (await answer.json()).tracks : null
  if (back && rows) { list.unshift(...rows.reverse()); index += rows.length; order = { ...here, back: rows.length > 0 } }
  else if (rows) { list.push(...rows); order = rows.length ? here : "" }
  else order = here
  const passed = index - 100
  if (passed > 0) { list.splice(0, passed); index -= passed; if (order) order.back = true }
  upcoming()
}
function upcoming() {
  const next = list[index + 1]
  part("prev").disabled = index <= 0; part("next").disabled = !next
  part("after").textContent = next ? `Next: ${next.title}, ${take(next)}` : ""
}

function show(track, at) {
  box.hidden = false
  part("title").textContent = track.title; part("sub").textContent = track.sub; part("link").href = track.href
  part("total").textContent = clock(track.seconds)
  part("cover").className = `cover hue${track.hue}`
  const glyph = part("cover").querySelector("ms-glyph"); glyph.peaks = bytes(track.peaks); if (glyph.drawn) glyph.draw()
  const seek = part("seek"); seek.setAttribute("seconds", track.seconds); seek.setAttribute("label", `Seek in ${track.title}, ${take(track)}`); seek.setAttribute("peaks", track.peaks); seek.removeAttribute("pins")
  part("comment").href = `${track.href}#say`; part("download").href = `${track.src}?download=1`; part("save").href = `${track.src}?download=1`
  upcoming(); loudness(); tell(track); tick(at); mark(); judge()
}

/* What the team and the person think of the track; and its finer waveform. */
async function judge() {
  const track = now(); if (!track) return
  const answer = await fetch(`${track.href}standing/`, { headers: { Accept: "application/json" } }).catch(() => null)
  const found = answer?.ok && !answer.redirected ? await answer.json() : {}
  if (now() !== track) return
  part("heart").setAttribute("aria-pressed", String(!!found.favourite)); part("heart").hidden = !found.status
  for (const status of ["rejected", "approved"]) { part(status).setAttribute("aria-pressed", String(found.status === status)); part(status).hidden = !found.decides }
  if (found.peaks) part("seek").setAttribute("peaks", found.peaks)
  part("seek").setAttribute("pins", found.pins?.join() ?? "")
}
async function act(words) {
  const track = now(), row = document.getElementById(`t-${track.id.replaceAll("-", "")}`)
  await window.htmx.ajax("POST", `${track.href.replace(/[^/]+\/$/, "")}act/`, { source: box, swap: "none", values: { ...words, track: track.id, ...(row && { rows: 1 }), ...(document.getElementById("pick") && { asking: 1 }) } })
}

function loudness() {
  const track = now(), known = list.map(t => t.lufs).filter(Boolean).map(Number), target = Math.min(...known), button = part("match")
  const gain = matched && track?.lufs ? Math.min(0, target - track.lufs, track.peak ? -1 - track.peak : 0) : 0
  audio.volume = level * 10 ** (gain / 20)
  button.hidden = !track?.lufs
  button.setAttribute("aria-pressed", String(matched))
  if (track?.lufs) button.lastChild.textContent = matched ? `matched to ${dB(target.toFixed(1))} LUFS` : `${dB(track.lufs)} LUFS`
}

function tick(at = audio.currentTime) {
  const track = now(); if (!track) return
  part("time").textContent = clock(at)
  part("seek").setAttribute("position", at)
  part("thin").max = track.seconds || 1; part("thin").value = at
  document.querySelector(`#main [data-track="${track.id}"] ms-wave`)?.setAttribute("position", at)
  prime()
}

/* The rows on the page say which of them is loaded and whether it sounds. */
export function mark() {
  const track = now(), playing = box && !["paused", "error"].includes(box.dataset.state)
  for (const row of document.querySelectorAll("#main [data-track]")) {
    const mine = row.dataset.track === track?.id, button = row.querySelector("[data-play]")
    if (row.matches(".track")) mine && chosen ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")
    if (button) { button.toggleAttribute("data-playing", mine && playing); button.setAttribute("aria-label", `${mine && playing ? "Pause" : "Play"} ${row.dataset.title}, ${take(row.dataset)}`) }
    const wave = row.querySelector("ms-wave"); if (wave && !mine && wave.at) wave.setAttribute("position", 0)
    if (mine) wave?.setAttribute("position", pending ?? audio.currentTime)
  }
  if (box) part("pp").setAttribute("aria-label", playing ? "Pause" : "Play")
}

const keep = () => { if (chosen) try { localStorage.setItem(KEY, JSON.stringify({ list, index, order, at: pending ?? audio.currentTime, volume: level, muted: audio.muted, matched })) } catch { /* private mode: nothing is kept */ } }

function start() {
  chosen = true
  state("starting"); slow()
  audio.play().catch(e => { if (e.name === "NotAllowedError") state("paused") })
}

export function playTrack(id, at = 0) {
  if (now()?.id === id && box.dataset.state !== "error") { if (at) seek(at); return start() }
  read(); index = list.findIndex(t => t.id === id)
  if (index < 0) return
  load(now(), at); start()
}
/* Loads a track of the page at a second without a sound; another track that sounds goes on. Play begins there. */
export function cue(id, at) {
  if (now()?.id === id) return seek(at)
  if (playing()) return
  read(); index = list.findIndex(t => t.id === id)
  if (now()) load(now(), at)
}
export function toggle(id, at) {
  if (id && now()?.id !== id) return playTrack(id, at)
  if (!now()) return
  audio.paused ? start() : audio.pause()
}
export function step(by) {
  if (!list[index + by]) return
  const sounding = !audio.paused
  index += by; load(now())
  sounding ? start() : state("paused")
  keep()
}
export function seek(at) {
  const end = now()?.seconds || audio.duration || 0
  at = Math.max(0, Math.min(end, at))
  if (audio.readyState) audio.currentTime = at; else pending = at
  tick(at)
}
export const seekBy = by => now() && seek((pending ?? audio.currentTime) + by)
export const playing = () => !!audio && !audio.paused

function tell(track) {
  if (!("mediaSession" in navigator)) return
  navigator.mediaSession.metadata = new MediaMetadata({ title: track.title, artist: track.sub })
  if (track.seconds) navigator.mediaSession.setPositionState({ duration: track.seconds, position: Math.min(track.seconds, pending ?? audio.currentTime) })
}

function volume() {
  box.toggleAttribute("data-muted", audio.muted || !level)
  part("mute").setAttribute("aria-label", audio.muted ? "Unmute" : "Mute")
  const v = audio.muted ? 0 : level, range = part("volume")
  range.value = v * 100; range.style.setProperty("--x", `${v * 100}%`)
}

function listen() {
  const on = (type, fn) => { for (const el of [audio, spare]) el.addEventListener(type, e => { if (el === audio) fn(e) }) }
  box.append(spare)
  on("loadedmetadata", () => { if (pending) audio.currentTime = pending; pending = null })
  on("playing", () => state("playing"))
  on("pause", () => { clearTimeout(turn); if (!audio.error && !audio.ended) state("paused"); keep() })
  on("waiting", slow)
  on("timeupdate", () => { if (pending === null) tick() })
  on("ended", () => list[index + 1] ? (step(1), start()) : (seek(0), state("paused"), keep()))
  on("error", () => { if (audio.getAttribute("src")) { pending = pending ?? audio.currentTime; state("error") } })
  on("volumechange", () => { volume(); keep() })
  part("pp").addEventListener("click", () => toggle())
  part("prev").addEventListener("click", () => audio.currentTime > 3 || index === 0 ? seek(0) : step(-1))
  part("next").addEventListener("click", () => step(1))
  part("seek").addEventListener("ms:seek", e => seek(e.detail.time))
  part("retry").addEventListener("click", () => { const at = pending ?? 0; load(now(), at); start() })
  part("mute").addEventListener("click", () => { audio.muted = !audio.muted })
  part("volume").addEventListener("input", e => { audio.muted = false; level = e.target.value / 100; loudness() })
  part("match").addEventListener("click", () => { matched = !matched; loudness(); keep() })
  part("heart").addEventListener("click", () => act({ act: "favourite" }))
  for (const status of ["rejected", "approved"]) part(status).addEventListener("click", e => act({ act: "decide", status: e.currentTarget.getAttribute("aria-pressed") === "true" ? "new" : status }))
  document.addEventListener("htmx:afterRequest", e => { if (/\/(act|undo\/[^/]+)\/$/.test(e.detail.pathInfo?.requestPath)) judge() })
  document.addEventListener("click", e => { const b = e.target.closest?.("#main [data-play]"); const row = b?.closest("[data-track]"); if (row) toggle(row.dataset.track, +row.dataset.start || 0) })
  document.addEventListener("ms:seek", e => { const row = e.target.closest("#main [data-track]"); if (row) now()?.id === row.dataset.track ? seek(e.detail.time) : playTrack(row.dataset.track, e.detail.time) })
  for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, () => { offer(); mark() })
  addEventListener("pagehide", keep)
  const media = navigator.mediaSession
  if (media) for (const [name, fn] of Object.entries({ play: () => start(), pause: () => audio.pause(), previoustrack: () => step(-1), nexttrack: () => step(1), seekbackward: () => seekBy(-10), seekforward: () => seekBy(10), seekto: d => seek(d.seekTime) })) media.setActionHandler(name, fn)
}

/* Signing out leaves nothing behind in the browser: not what was played, not what was half written. */
document.addEventListener("submit", e => {
  if (!e.target.action.endsWith("/logout/")) return
  chosen = false
  for (const store of [localStorage, sessionStorage]) for (const key of Object.keys(store)) if (key.startsWith("ms.")) store.removeItem(key)
})

/* Until somebody presses play, the player holds the first track of the page. */
function offer() {
  if (chosen) return
  read(); index = list.length ? 0 : -1
  if (!now()) box.hidden = true
  else if (audio.getAttribute("src") !== now().src) load(now())
}

function restore() {
  let saved = null
  try { saved = JSON.parse(localStorage.getItem(KEY)) } catch { /* unreadable: start fresh */ }
  if (saved?.list?.[saved.index]?.src?.startsWith(box.dataset.base)) {
    ({ list, index, order = "" } = saved)
    chosen = true
    level = saved.volume ?? 1; audio.muted = !!saved.muted; matched = !!saved.matched
    load(now(), saved.at || 0)
  } else {
    offer()
  }
  state("paused"); volume()
}

if (box) { listen(); restore() }
