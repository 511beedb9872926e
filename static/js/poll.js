/* <ms-poll age="12" active="2">: fires "ms:tick", on which the region around it fetches itself. "age" is the age in seconds of
   the newest job under way when the server drew the page: 1 s apart while young, then 2 s, 5 s after two minutes; 15 s while nothing runs, so that
   jobs of a colleague or of another tab are noticed. Nothing is asked while the page is hidden, unless somebody wants to be told: then every 15 s
   while jobs run. "active" is their number, shown in the title; without it some run.
   <ms-poll every="4" event="ms:look">: another event at a fixed pace, in seconds, for what may change without a job of this page.
   <ms-elapsed seconds="42" [down]>: counts on from there by itself, so an unchanged answer (304) needs no new text. */

import { clock } from "./wave.js";
import { say } from "./events.js";
const IDLE = 15_000, WANTED = "ms.tell"

/* What somebody switched on in this browser: sound, desktop. Both are off until then. */
const wanted = () => { try { return JSON.parse(localStorage.getItem(WANTED)) || {} } catch { return {} } }

class Poll extends HTMLElement {
  static observedAttributes = ["age", "active"]
  connectedCallback() { this.since(); this.title(); this.next(); document.addEventListener("visibilitychange", this.woken) }
  disconnectedCallback() { clearTimeout(this.timer); document.removeEventListener("visibilitychange", this.woken) }
  attributeChangedCallback() { this.since(); this.title(); if (this.isConnected) this.next() }
  get every() { return 1000 * this.getAttribute("every") }
  get active() { return +this.getAttribute("active") || 0 }
  since() { this.born = performance.now() - 1000 * (+this.getAttribute("age") || 0) }
  title() { if (!this.every) document.title = (this.active ? `(${this.active}) ` : "") + document.title.replace(/^\(\d+\) /, "") }
  gap() { if (this.every) return this.every; const age = (performance.now() - this.born) / 1000; return (this.hasAttribute("active") && !this.active) || document.hidden ? IDLE : age < 10 ? 1000 : age < 120 ? 2000 : 5000 }
  next() { clearTimeout(this.timer); this.timer = setTimeout(() => this.tick(), this.gap()) }
  tick() {
    const { sound, desktop } = wanted()
    if (!document.hidden || (this.active && (sound || desktop))) this.dispatchEvent(new CustomEvent(this.getAttribute("event") || "ms:tick", { bubbles: true }))
    this.next()
  }
  woken = () => { if (!document.hidden) this.tick() }
}

class Elapsed extends HTMLElement {
  static observedAttributes = ["seconds", "down"]
  connectedCallback() {
    this.root ??= this.attachShadow({ mode: "open" })
    this.since()
    this.timer = setInterval(() => this.write(), 1000)
  }
  disconnectedCallback() { clearInterval(this.timer) }
  attributeChangedCallback() { if (this.root) this.since() }
  since() { this.born = performance.now(); this.write() }
  write() { const from = +this.getAttribute("seconds") || 0, passed = (performance.now() - this.born) / 1000; this.root.textContent = clock(this.hasAttribute("down") ? from - passed : from + passed) }
}

customElements.define("ms-poll", Poll)
customElements.define("ms-elapsed", Elapsed)

/* Two soft tones, made here: no file to load. */
function chime() {
  const audio = new AudioContext(), gain = audio.createGain()
  gain.connect(audio.destination); gain.gain.setValueAtTime(.08, audio.currentTime); gain.gain.exponentialRampToValueAtTime(.001, audio.currentTime + .7)
  for (const [hertz, at] of [[660, 0], [880, .14]]) { const tone = new OscillatorNode(audio, { frequency: hertz }); tone.connect(gain); tone.start(audio.currentTime + at); tone.stop(audio.currentTime + .7) }
  setTimeout(() => audio.close(), 1000)
}

/* A request has ended: it is read out, and told as this browser wants it. */
document.addEventListener("ms:news", e => {
  const { sound, desktop } = wanted(), text = e.detail.value
  say(text)
  if (sound) chime()
  if (desktop && document.hidden && window.Notification?.permission === "granted") new Notification(document.title.replace(/^\(\d+\) /, ""), { body: text, tag: text })
})

const switches = () => { for (const box of document.querySelectorAll("[data-tell]")) box.checked = !!wanted()[box.dataset.tell] }
document.addEventListener("change", async e => {
  const what = e.target.dataset?.tell
  if (!what) return
  let on = e.target.checked
  if (on && what === "desktop") { on = window.Notification && await Notification.requestPermission() === "granted"; if (!on) say("This browser does not allow notifications here. Its settings can change that.") }
  e.target.checked = on
  try { localStorage.setItem(WANTED, JSON.stringify({ ...wanted(), [what]: on })) } catch { /* private mode: for this page only */ }
  if (on && what === "sound") chime()
})
for (const event of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, () => { switches(); document.getElementById("poll")?.title() })
switches()
