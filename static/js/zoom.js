/* <ms-zoom data-peaks="…/peaks.bin"> around a waveform: looks closer (buttons, + and -, wheel, two fingers), moves along (slider, buttons, sideways wheel),
   puts pins and parts where they belong, and keeps the second in the address: #t=41.5 or #t=41.5,48. The native range input of <ms-wave> stays the control. */

import { clock } from "./wave.js";
import { bind } from "./keys.js";
import { cue } from "./player.js";
import { toast } from "./events.js";

const CLOSEST = 2 // seconds in view
const HASH = /^#t=(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?$/
export const moment = hash => { const found = HASH.exec(hash); return found && { start: +found[1], end: found[2] && +found[2] } }

class Zoom extends HTMLElement {
  connectedCallback() {
    if (this.wave) return
    this.wave = this.querySelector("ms-wave"); customElements.upgrade(this.wave) // in a page that was swapped in, parents come first
    this.whole = this.wave.seconds; this.span = [0, this.whole]
    this.box = this.closest("[data-track]")
    this.querySelector(".zoombar").hidden = !this.whole
    this.addEventListener("click", e => this.pressed(e))
    this.addEventListener("input", e => { if (e.target.matches("[data-pan]")) this.show(+e.target.value, +e.target.value + this.length) })
    this.wave.addEventListener("wheel", e => this.wheel(e), { passive: false })
    this.fingers()
    this.addEventListener("ms:seek", e => this.remember(e.detail.time))
    new MutationObserver(() => this.follow()).observe(this.wave, { attributeFilter: ["position"] })
    this.observer = new ResizeObserver(() => this.place()); this.observer.observe(this)
    this.fetch(); this.place(); this.arrive()
  }
  disconnectedCallback() { this.observer?.disconnect(); clearTimeout(this.later) }
  get length() { return this.span[1] - this.span[0] }
  get zoomed() { return this.length < this.whole - .01 }

  async fetch(tries = 8) {
    const answer = await fetch(this.dataset.peaks).catch(() => null)
    if (answer?.status === 200) { this.wave.fine = new Uint8Array(await answer.arrayBuffer()); this.wave.read() }
    else if (answer?.status === 202 && tries) this.later = setTimeout(() => this.isConnected && this.fetch(tries - 1), 2000)
  }

  /* From a second to another; both are moved into the track. */
  show(from, to) {
    const length = Math.min(this.whole, Math.max(Math.min(CLOSEST, this.whole), to - from))
    from = Math.max(0, Math.min(this.whole - length, from))
    this.span = [from, from + length]
    this.wave.view = this.zoomed ? this.span : null
    this.place()
  }
  /* Closer by a factor, around a second that keeps its place. */
  zoom(factor, at = this.wave.at) {
    if (at < this.span[0] || at > this.span[1]) at = this.span[0] + this.length / 2
    const length = this.length / factor, share = (at - this.span[0]) / this.length
    this.show(at - share * length, at - share * length + length)
  }
  at(x) { const box = this.wave.getBoundingClientRect(); return this.span[0] + (x - box.left) / box.width * this.length }

  pressed(e) {
    const button = e.target.closest("[data-zoom]"), link = e.target.closest("[data-moment]")
    if (link) { navigator.clipboard?.writeText(new URL(this.hash(this.wave.at), location.href).href); return toast(`Link to ${clock(this.wave.at)} copied.`) }
    if (!button) return
    const by = { in: () => this.zoom(2), out: () => this.zoom(.5), all: () => this.show(0, this.whole), back: () => this.show(this.span[0] - this.length / 2, this.span[1] - this.length / 2), on: () => this.show(this.span[0] + this.length / 2, this.span[1] + this.length / 2) }
    by[button.dataset.zoom]()
  }
  wheel(e) {
    const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) ? e.deltaX : e.shiftKey ? e.deltaY : 0
    if (!e.ctrlKey && !(sideways && this.zoomed)) return
    e.preventDefault()
    if (e.ctrlKey) return this.zoom(2 ** (-e.deltaY / 200), this.at(e.clientX))
    const by = sideways / this.wave.clientWidth * this.length
    this.show(this.span[0] + by, this.span[1] + by)
  }
  fingers() {
    const down = new Map()
    let gap = 0
    const spread = () => { const [a, b] = [...down.values()]; return [Math.abs(a - b), (a + b) / 2] }
    this.wave.addEventListener("pointerdown", e => { if (e.pointerType === "touch") { down.set(e.pointerId, e.clientX); if (down.size === 2) [gap] = spread() } })
    addEventListener("pointermove", e => {
      if (!down.has(e.pointerId)) return
      down.set(e.pointerId, e.clientX)
      if (down.size !== 2) return
      const [now, middle] = spread()
      if (gap > 10 && now > 10) this.zoom(now / gap, this.at(middle))
      gap = now
    })
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, e => down.delete(e.pointerId))
  }
  /* What plays stays in view. */
  follow() {
    const at = this.wave.at
    if (this.zoomed && !this.matches(":active") && (at < this.span[0] || at > this.span[1])) this.show(at - this.length * .1, at + this.length * .9)
    this.querySelector("[data-moment] .num").textContent = clock(at)
  }

  /* Pins and parts stand at their second; pins that would touch become one with a number, until somebody looks closer. */
  place() {
    const width = this.wave.clientWidth, x = at => (at - this.span[0]) / this.length * width
    let last = null, right = -99
    for (const pin of this.querySelectorAll(".pin")) {
      const left = x(+pin.dataset.at), inside = left >= -1 && left <= width + 1
      const label = pin.querySelector("b")
      if (label) label.textContent = pin.getAttribute("aria-label").split(":")[0]
      pin.hidden = !inside
      if (!inside) continue
      if (label && left - right < 28) { pin.hidden = true; last.dataset.more = +(last.dataset.more || 1) + 1; last.querySelector("b").textContent = last.dataset.more; continue }
      delete pin.dataset.more
      if (label) { last = pin; right = left }
      pin.style.setProperty("--x", `${Math.min(left, width - 13)}px`)
      pin.style.setProperty("--w", `${pin.dataset.end ? Math.min(width, x(+pin.dataset.end)) - left : 0}px`)
    }
    const parts = [...this.querySelectorAll(".parts a")]
    for (const [i, a] of parts.entries()) {
      const left = Math.max(0, x(+a.dataset.at)), end = Math.min(width, x(+(parts[i + 1]?.dataset.at ?? this.whole)))
      a.hidden = end - left < 24
      a.style.setProperty("--x", `${left}px`); a.style.setProperty("--w", `${end - left}px`)
    }
    this.dataset.zoomed = this.zoomed
    const pan = this.querySelector("[data-pan]"), step = name => this.querySelector(`[data-zoom=${name}]`)
    pan.max = this.whole - this.length; pan.value = this.span[0]; pan.disabled = !this.zoomed
    pan.setAttribute("aria-valuetext", `${clock(this.span[0])} to ${clock(this.span[1])}`)
    pan.style.setProperty("--x", `${this.zoomed ? this.span[0] / (this.whole - this.length) * 100 : 0}%`)
    for (const name of ["out", "all"]) step(name).disabled = !this.zoomed
    step("in").disabled = this.length <= CLOSEST + .01
    step("back").disabled = this.span[0] <= 0; step("on").disabled = this.span[1] >= this.whole
    this.querySelector("[data-shown]").textContent = this.zoomed ? `${clock(this.span[0])} – ${clock(this.span[1])}` : ""
  }

  hash(at, end) { return `#t=${+at.toFixed(1)}${end ? `,${+end.toFixed(1)}` : ""}` }
  remember(at) { history.replaceState(history.state, "", this.hash(at)); this.mark(null) }
  /* A range of the address is shown on the waveform. */
  mark(range) {
    this.range?.remove(); this.range = null
    if (!range?.end) return
    this.range = Object.assign(document.createElement("a"), { className: "pin range", href: this.hash(range.start, range.end) })
    this.range.dataset.at = range.start; this.range.dataset.end = range.end
    this.range.setAttribute("aria-label", `: from ${clock(range.start)} to ${clock(range.end)}`)
    this.querySelector(".pins").before(this.range); this.place()
  }
  arrive() {
    const there = moment(location.hash)
    if (!there || there.start > this.whole) return
    this.box.dataset.start = there.start
    this.wave.setAttribute("position", there.start)
    cue(this.box.dataset.track, there.start)
    this.mark(there)
  }
}
customElements.define("ms-zoom", Zoom)

const here = () => document.querySelector("ms-zoom")
addEventListener("hashchange", () => here()?.arrive())
/* A moment in a comment, a part, a pin: to that second, also when the address names it already. */
document.addEventListener("click", e => {
  const link = e.target.closest?.('#main a[href^="#t="]')
  if (link && here() && !e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); history.replaceState(history.state, "", link.hash); here().arrive() }
})
for (const event of ["htmx:oobAfterSwap", "htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, () => here()?.wave && here().place())
const closer = factor => ({ when: here, run: () => here().zoom(factor) })
bind({ "+": closer(2), "=": closer(2), "-": closer(.5) })
