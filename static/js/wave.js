/* <ms-wave peaks="base64, one byte a bucket; or # and a hexadecimal digit a bucket" seconds="89.2" label="Seek in Glasshouse">: the waveform of a track, drawn on a canvas
   when it comes near the viewport, with a native range input on top: keyboard, touch and screen readers work without code of ours.
   Fires "ms:seek" {time} (seconds, bubbles). The attribute "position" moves the playhead; "pins" are seconds that get a mark. `view`, from and to in
   seconds, shows a part only (zoom.js).
   <ms-glyph>: the same peaks drawn as a circle, the picture of a track. Its peaks are its own, or those of the nearest [data-track]. */

const sheet = css => { const s = new CSSStyleSheet(); s.replaceSync(css); return s }
const CANVAS = "canvas{position:absolute;inset:0;inline-size:100%;block-size:100%;color:var(--wave);outline-color:var(--accent)}" // resolved colours: a canvas can't read light-dark()
const WAVE = sheet(`:host{display:block;position:relative;contain:strict}${CANVAS}input{position:absolute;inset:0;inline-size:100%;block-size:100%;margin:0;opacity:0;cursor:pointer}canvas{pointer-events:none}input:focus-visible+canvas{outline:2px solid var(--accent);outline-offset:-2px;border-radius:6px}`)
const GLYPH = sheet(`:host{display:block;contain:strict}${CANVAS}`)

export const clock = s => { s = Math.max(0, Math.floor(s || 0)); const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60; return `${h ? `${h}:${String(m).padStart(2, "0")}` : m}:${String(s % 60).padStart(2, "0")}` }
const words = s => { s = Math.floor(s); const m = Math.floor(s / 60), r = s % 60, p = (n, w) => `${n} ${w}${n === 1 ? "" : "s"}`; return m ? `${p(m, "minute")} ${p(r, "second")}` : p(r, "second") }
export const bytes = text => { try { return text?.[0] === "#" ? Uint8Array.from(text.slice(1), c => 17 * parseInt(c, 16)) : Uint8Array.from(atob(text || ""), c => c.charCodeAt(0)) } catch { return new Uint8Array() } }
const peakIn = (p, i, n) => { const a = Math.floor(i * p.length / n), z = Math.max(a + 1, Math.floor((i + 1) * p.length / n)); let v = 0; for (let j = a; j < z && j < p.length; j++) v = Math.max(v, p[j]); return v / 255 }

const seen = new IntersectionObserver(es => { for (const e of es) if (e.isIntersecting) { seen.unobserve(e.target); e.target.draw() } }, { rootMargin: "200px" })
const sized = new ResizeObserver(es => { for (const e of es) if (e.target.drawn) e.target.draw() })

function pen(el) {
  const d = devicePixelRatio || 1, w = el.clientWidth, h = el.clientHeight
  if (!w || !h) return null
  el.canvas.width = Math.round(w * d); el.canvas.height = Math.round(h * d)
  const g = el.canvas.getContext("2d"); g.scale(d, d)
  return { g, w, h }
}

class Drawn extends HTMLElement {
  watch() { seen.observe(this); sized.observe(this) }
  disconnectedCallback() { seen.unobserve(this); sized.unobserve(this) }
}

class Wave extends Drawn {
  static observedAttributes = ["position", "peaks", "seconds", "label", "pins"]
  at = 0
  peaks = new Uint8Array()
  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open", delegatesFocus: true })
      root.adoptedStyleSheets = [WAVE]
      this.canvas = document.createElement("canvas")
      this.input = Object.assign(document.createElement("input"), { type: "range", min: 0, step: 1 })
      this.input.addEventListener("input", () => this.ask(+this.input.value))
      this.input.addEventListener("keydown", e => {
        if (!["ArrowLeft", "ArrowRight"].includes(e.key) || e.altKey || e.ctrlKey || e.metaKey) return
        e.preventDefault()
        this.ask(Math.min(this.seconds, Math.max(0, this.at + (e.key === "ArrowLeft" ? -1 : 1) * (e.shiftKey ? 1 : 5))))
      })
      root.append(this.input, this.canvas)
      this.read()
    }
    this.watch()
  }
  attributeChangedCallback(name, _, v) { if (this.input) name === "position" ? this.to(+v) : this.read() }
  set view(part) { this.shows = part; this.read() }
  get view() { return this.shows ?? [0, this.seconds] }
  get seconds() { return +this.getAttribute("seconds") || 0 }
  read() {
    const [from, to] = this.view
    this.peaks = this.fine ?? bytes(this.getAttribute("peaks"))
    Object.assign(this.input, { step: this.shows ? "any" : 1, min: from, max: this.shows ? to : Math.max(1, Math.floor(to)) })
    this.input.disabled = !this.seconds
    this.input.setAttribute("aria-label", this.getAttribute("label") || "Seek")
    this.to(this.at)
  }
  ask(time) { this.to(time); this.dispatchEvent(new CustomEvent("ms:seek", { bubbles: true, composed: true, detail: { time } })) }
  to(time) {
    this.at = time || 0
    this.input.value = this.at
    this.input.setAttribute("aria-valuetext", `${words(this.at)} of ${words(this.seconds)}`)
    if (this.drawn) this.draw()
  }
  draw() {
    this.drawn = true
    const p = pen(this); if (!p) return
    const { g, w, h } = p, { color: wave, outlineColor: accent } = getComputedStyle(this.canvas)
    const [from, to] = this.view, all = this.peaks.length / this.seconds, part = this.shows ? this.peaks.subarray(from * all, Math.ceil(to * all)) : this.peaks
    const n = Math.floor(w / 3), mid = h / 2, x = at => (at - from) / (to - from || 1) * n, played = x(this.at)
    for (let i = 0; i < n; i++) {
      const y = Math.max(1, peakIn(part, i, n) * (mid - 1))
      g.fillStyle = i < played ? accent : wave
      g.beginPath(); g.roundRect(i * 3, mid - y, 2, y * 2, 1); g.fill()
    }
    for (const pin of this.getAttribute("pins")?.split(",") ?? []) { g.fillStyle = accent; g.beginPath(); g.arc(x(+pin) * 3, h - 3, 2.5, 0, 7); g.fill() }
    if (this.hasAttribute("head") && played > 0 && played <= n) { g.fillStyle = accent; g.fillRect(Math.min(w - 2, played * 3 - 1), 0, 2, h) }
  }
}

class Glyph extends Drawn {
  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open" })
      root.adoptedStyleSheets = [GLYPH]
      root.append(this.canvas = document.createElement("canvas"))
    }
    this.watch()
  }
  draw() {
    this.drawn = true
    const p = pen(this); if (!p) return
    const { g, w } = p, peaks = this.peaks || bytes(this.getAttribute("peaks") ?? this.closest("[data-track]")?.querySelector("ms-wave")?.getAttribute("peaks")), n = 44, r = w * .19, reach = w * .25
    g.strokeStyle = "oklch(1 0 0 / .86)"; g.lineWidth = w / 32; g.lineCap = "round"
    for (let i = 0; i < n; i++) {
      const a = i / n * 2 * Math.PI - Math.PI / 2, len = r + reach * Math.max(.08, peakIn(peaks, i, n)), c = w / 2
      g.beginPath(); g.moveTo(c + r * Math.cos(a), c + r * Math.sin(a)); g.lineTo(c + len * Math.cos(a), c + len * Math.sin(a)); g.stroke()
    }
  }
}

customElements.define("ms-wave", Wave)
customElements.define("ms-glyph", Glyph)

const redraw = () => { for (const el of document.querySelectorAll("ms-wave")) if (el.drawn) el.draw() }
addEventListener("ms:theme", redraw)
matchMedia("(prefers-color-scheme:dark)").addEventListener("change", redraw)
