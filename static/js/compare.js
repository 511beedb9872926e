/* <ms-compare>: 2 to 4 takes heard at the same second. The page brings the takes as radio buttons, [data-take], and one transport; see deck.js for the sound.
   Fires "ms:stretch" {take, from, to}: these seconds of the take of that index were really heard. */

import { bind } from "./keys.js";
import { say, toast } from "./events.js";
import { clock } from "./wave.js";
import { deck } from "./deck.js";

const player = () => document.querySelector("#player audio")
const here = () => document.querySelector("ms-compare")
const spoken = s => `${Math.floor(s / 60) ? `${Math.floor(s / 60)} min ` : ""}${Math.floor(s % 60)} s`
const WAYS = {
  approximate: "Approximate sync: a switch may jump by a few hundredths of a second here, because this is a phone, memory is short, or a take is longer than 6 minutes.",
  one: "One after the other: this browser has no Web Audio. Switching keeps the second, with a short pause; mono and phone speaker need another browser.",
}
const EVERY = 2 // seconds heard until they are reported

class Compare extends HTMLElement {
  connectedCallback() {
    this.cards = [...this.querySelectorAll("[data-take]")]
    if (!this.cards.length || this.deck) return
    this.deck = deck(this.cards.map(el => ({ src: el.dataset.take, seconds: +el.dataset.seconds, gain: +el.dataset.gain })))
    this.last = this.cards.length > 1 ? 1 : 0; this.mark = 0
    this.part("way").hidden = this.deck.way === "exact"
    this.part("way").lastElementChild.textContent = WAYS[this.deck.way] ?? ""
    if (this.deck.way === "one") for (const name of ["mono", "phone"]) this.part(name).disabled = true
    this.addEventListener("click", e => this.click(e))
    this.addEventListener("change", e => { if (e.target.name === "hear") this.hear(+e.target.value) })
    this.addEventListener("ms:seek", e => this.seek(e.detail.time))
    this.part("seek").addEventListener("input", e => this.seek(+e.target.value))
    this.part("seek").addEventListener("keydown", e => { const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key]; if (by) { e.preventDefault(); this.seekBy(by * (e.shiftKey ? 1 : 5)) } })
    this.addEventListener("pointerdown", e => this.drag(e), true)
    this.stop = () => this.pause()
    document.getElementById("player")?.addEventListener("play", this.stop, true)
    this.scale(); this.show()
    this.cards.forEach((_, i) => this.load(i))
    this.timer = setInterval(() => this.tick(), 50)
  }
  disconnectedCallback() { queueMicrotask(() => { if (!this.isConnected && this.deck) { clearInterval(this.timer); this.told(); document.getElementById("player")?.removeEventListener("play", this.stop, true); this.deck.close(); this.deck = null } }) }
  part(name) { return this.querySelector(`[data-c=${name}]`) }
  click(e) {
    const b = e.target.closest("[data-c]"), run = b && { play: () => this.toggle(), last: () => this.back(), in: () => this.edge(0), out: () => this.edge(1), clear: () => this.loop(null), retry: () => this.load(+b.value), match: () => this.flip("match"), mono: () => this.flip("mono"), phone: () => this.flip("phone") }[b.dataset.c]
    if (run) run()
  }

  async load(i) {
    const card = this.cards[i], bar = card.querySelector("progress")
    card.dataset.state = "loading"; bar.value = 0
    try {
      await this.deck.load(i, part => { bar.value = part })
      if (!this.deck) return
      card.dataset.state = "ready"
      card.dataset.seconds = this.deck.takes[i].seconds
      this.scale(); this.show()
      if (this.cards.every(el => el.dataset.state === "ready")) say(`All ${this.cards.length} takes are ready.`)
    } catch (trouble) {
      if (!this.deck) return
      card.dataset.state = "error"
      card.querySelector("[data-c=why]").textContent = trouble.message
      say(`Take ${i + 1} could not be loaded.`)
    }
  }
  ready(i) { return this.cards[i]?.dataset.state === "ready" }

  toggle() { this.deck.playing ? this.pause() : this.play() }
  play() {
    if (!this.ready(this.deck.active)) {
      const other = this.cards.findIndex((_, i) => this.ready(i))
      if (other < 0) return say("The takes are still loading.")
      this.hear(other)
    }
    player()?.pause()
    this.deck.play(); this.mark = this.at = this.deck.time; this.show()
  }
  pause() { if (this.deck?.playing) { this.told(); this.deck.pause(); this.show() } }
  seek(at) { this.told(); this.deck.seek(at); this.mark = this.at = this.deck.time; this.draw() }
  seekBy(by) { this.seek(this.deck.time + by) }
  hear(i) {
    if (!this.cards[i] || i === this.deck.active) return this.show()
    if (!this.ready(i)) { say(`Take ${i + 1} is ${this.cards[i].dataset.state === "error" ? "not available" : "still loading"}.`); return this.show() }
    this.told()
    this.last = this.deck.active
    this.deck.switchTo(i); this.show()
    say(`Now hearing take ${i + 1}`)
  }
  back() { this.hear(this.last) }
  flip(name) { this.deck.set({ [name]: !this.deck[name] }); this.show() }

  /* In and Out take the second that sounds; an edge on the wrong side of the other moves the other away. */
  edge(which) {
    const at = this.deck.time, [from, to] = this.deck.loop ?? [0, this.deck.seconds]
    this.loop(which ? [from < at - .1 ? from : 0, Math.max(.2, at)] : [Math.min(at, this.deck.seconds - .2), to > at + .1 ? to : this.deck.seconds])
  }
  loop(span) { this.told(); this.deck.set({ loop: span }); this.mark = this.at = this.deck.time; this.show(); say(span ? `Loop from ${spoken(span[0])} to ${spoken(span[1])}` : "Loop off") }
  drag(e) {
    const box = e.target.closest?.(".wavebox")
    if (!box || !e.shiftKey || e.button) return
    e.preventDefault(); e.stopPropagation()
    const { left, width } = box.getBoundingClientRect(), seconds = +box.closest("[data-take]").dataset.seconds
    const place = x => Math.max(0, Math.min(seconds, (x - left) / width * seconds)), start = place(e.clientX)
    const span = x => [Math.min(start, place(x)), Math.max(start, place(x))]
    const move = m => this.ring(span(m.clientX))
    const up = m => { removeEventListener("pointermove", move); removeEventListener("pointerup", up); const s = span(m.clientX); s[1] - s[0] > .2 ? this.loop(s) : this.show() }
    addEventListener("pointermove", move); addEventListener("pointerup", up)
  }
  ring(span) {
    for (const card of this.cards) {
      const el = card.querySelector(".ring"), all = +card.dataset.seconds
      if (!el) continue
      el.hidden = !span || span[0] >= all
      if (span) { el.style.insetInlineStart = `${span[0] / all * 100}%`; el.style.inlineSize = `${(Math.min(all, span[1]) - span[0]) / all * 100}%` }
    }
  }

  /* All waveforms on one scale: a shorter take has a shorter one. */
  scale() {
    const longest = Math.max(...this.cards.map(el => +el.dataset.seconds))
    for (const el of this.cards) { const box = el.querySelector(".wavebox"); if (box) box.style.inlineSize = `${Math.max(8, +el.dataset.seconds / longest * 100)}%` }
    const seek = this.part("seek"); seek.max = longest
    this.part("total").textContent = clock(longest)
  }
  show() {
    const { playing, active, loop, match } = this.deck
    this.toggleAttribute("data-playing", playing)
    this.part("play").setAttribute("aria-label", playing ? "Pause" : "Play")
    this.cards.forEach((el, i) => {
      el.toggleAttribute("data-on", i === active)
      el.querySelector("[name=hear]").checked = i === active
      const gain = el.querySelector("[data-c=gain]")
      if (gain) gain.textContent = match ? `${(Math.round(this.deck.takes[i].gain * 10) / 10 + 0).toFixed(1).replace("-", "−")} dB` : "as made"
    })
    for (const name of ["match", "mono", "phone"]) this.part(name).setAttribute("aria-pressed", String(this.deck[name]))
    this.part("span").textContent = loop ? `${clock(loop[0])}–${clock(loop[1])}` : ""
    this.part("clear").hidden = !loop
    this.ring(loop); this.draw()
  }
  draw() {
    const at = this.deck.time, seek = this.part("seek")
    this.part("time").textContent = clock(at)
    seek.value = at; seek.style.setProperty("--x", `${at / this.deck.seconds * 100}%`)
    seek.setAttribute("aria-valuetext", `${spoken(at)} of ${spoken(this.deck.seconds)}`)
    for (const el of this.cards) { el.querySelector("ms-wave")?.setAttribute("position", at); el.toggleAttribute("data-ended", at > +el.dataset.seconds + .05) }
  }
  tick() {
    if (!this.deck?.playing) return
    const at = this.deck.time
    if (at < this.at) { this.told(); this.mark = at } // the loop began again
    this.at = at
    if (at - this.mark >= EVERY) this.told()
    if (!this.deck.loop && at >= this.deck.seconds) { this.pause(); this.deck.at = 0 }
    this.draw()
  }
  told() {
    if (!this.deck?.playing) return
    const to = Math.min(this.at ?? 0, this.deck.takes[this.deck.active].seconds)
    if (to - this.mark > .05) this.dispatchEvent(new CustomEvent("ms:stretch", { bubbles: true, detail: { take: this.deck.active, from: this.mark, to } }))
    this.mark = this.at
  }
}
customElements.define("ms-compare", Compare)

const when = () => here()?.deck, on = run => ({ when, run: () => run(here()) })
const seek = by => ({ when: () => when() && !document.activeElement?.matches("[name=hear]"), run: () => here().seekBy(by) })
const press = what => ({ when: () => here()?.querySelector(`[data-on] ${what}`), run: () => here().querySelector(`[data-on] ${what}`).click() })
bind({
  Space: on(el => el.toggle()), b: on(el => el.back()), i: on(el => el.edge(0)), o: on(el => el.edge(1)), l: on(el => el.loop(null)),
  ...Object.fromEntries([1, 2, 3, 4].map(n => [n, on(el => el.hear(n - 1))])),
  ArrowLeft: seek(-5), ArrowRight: seek(5), "Shift+ArrowLeft": seek(-1), "Shift+ArrowRight": seek(1),
  a: press("[data-key=approve]"), x: press("[data-key=reject]"), v: press("[data-key=pick]"),
})

/* Stars of a take. */
document.addEventListener("change", e => { const rate = e.target.closest?.("ms-compare [data-rate]"); if (rate) window.htmx.ajax("POST", here().dataset.act, { source: here(), swap: "none", values: { act: "rate", track: rate.dataset.rate, stars: rate.value } }) })
document.addEventListener("input", e => { if (e.target.matches("ms-compare [data-rate]")) { e.target.className = `stars s${e.target.value}`; e.target.setAttribute("aria-valuetext", `${+e.target.value || "no"} star${e.target.value === "1" ? "" : "s"}`) } })
document.addEventListener("click", e => { if (here()) e.target.closest("[data-shut]")?.closest("#failed").replaceChildren() })
document.addEventListener("click", e => { if (e.target.closest?.("[data-share]")) navigator.clipboard?.writeText(location.href).then(() => toast("Link copied.")) })
