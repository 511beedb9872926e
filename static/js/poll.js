/* <ms-poll every="15" event="ms:look">: the same at a fixed pace, for what may change without a job of this page.
   <ms-poll age="12">: fires "ms:tick" while jobs run; the region around it fetches itself on that event. Nothing is asked while the page is
   hidden. "age" is the age in seconds of the newest job when the server drew the page: 1 s apart while young, then 2 s, 5 s after two minutes.
   The server leaves the element out when nothing runs, and that is how polling ends.
   <ms-elapsed seconds="42">: counts on from there by itself, so an unchanged answer (304) needs no new text. */

import { clock } from "./wave.js";
class Poll extends HTMLElement {
  static observedAttributes = ["age"]
  connectedCallback() { this.since(); this.next(); document.addEventListener("visibilitychange", this.woken) }
  disconnectedCallback() { clearTimeout(this.timer); document.removeEventListener("visibilitychange", this.woken) }
  attributeChangedCallback() { this.since() }
  since() { this.born = performance.now() - 1000 * (+this.getAttribute("age") || 0) }
  gap() { if (this.hasAttribute("every")) return 1000 * this.getAttribute("every"); const age = (performance.now() - this.born) / 1000; return age < 10 ? 1000 : age < 120 ? 2000 : 5000 }
  next() { clearTimeout(this.timer); this.timer = setTimeout(() => this.tick(), this.gap()) }
  tick() { if (!document.hidden) this.dispatchEvent(new CustomEvent(this.getAttribute("event") || "ms:tick", { bubbles: true })); this.next() }
  woken = () => { if (!document.hidden) this.tick() }
}

class Elapsed extends HTMLElement {
  static observedAttributes = ["seconds"]
  connectedCallback() {
    this.root ??= this.attachShadow({ mode: "open" })
    this.since()
    this.timer = setInterval(() => this.write(), 1000)
  }
  disconnectedCallback() { clearInterval(this.timer) }
  attributeChangedCallback() { if (this.root) this.since() }
  since() { this.born = performance.now() - 1000 * (+this.getAttribute("seconds") || 0); this.write() }
  write() { this.root.textContent = clock((performance.now() - this.born) / 1000) }
}

customElements.define("ms-poll", Poll)
customElements.define("ms-elapsed", Elapsed)
