/* <ms-compose models="JSON" draft="key" [fresh]>: around the compose form. The price is worked out here on every input, from the
   numbers the server put into the attributes; the server quotes again when the form arrives and refuses a price that was not the one shown.
   models: [{slug, name, line, unit, micros, step, least, min, max, text, lyrics, formats, seed, note, [tiers], [fee]}]  micros, milliseconds, characters
   The month's money, {limit, held, settled} in micros or null, is read from #meter, which every answer of the queue renews. A draft is kept in sessionStorage until the tab closes; "fresh" wins over it. */

import { clock } from "./wave.js";
const UNIT_MS = { second: 1000, minute: 60000 }

export function money(micros) {
  const [whole, part] = (Math.abs(micros) / 1e6).toFixed(6).split(".")
  const cents = part.slice(0, 2) + part.slice(2).replace(/0+$/, "")
  return `${micros < 0 ? "−" : ""}$${(+whole).toLocaleString("en-US")}.${cents}`
}

/* What one take of `ms` costs with the counted fee (basis points); rounds up to a whole micro, like Price.quote. */
export function cost(model, ms) {
  if (model.micros === null) return null
  const unit = UNIT_MS[model.unit]
  const billed = Math.ceil(ms / model.step) * model.step
  const micros = model.unit === "tier" ? model.tiers.find(([longest]) => ms <= longest)?.[1] ?? null : model.micros
  if (micros === null) return null
  const price = Math.max(model.least, unit ? Math.ceil(micros * billed / unit) : micros)
  return price + Math.ceil(price * (model.fee || 0) / 10000)
}

class Compose extends HTMLElement {
  static observedAttributes = ["models"]
  connectedCallback() {
    this.form = this.querySelector("form")
    this.addEventListener("input", e => { this.sync(e.target); this.keep(); this.price() })
    this.addEventListener("change", e => { if (e.target.name === "model") this.chosen(e) })
    this.addEventListener("click", e => this.click(e))
    this.read()
    if (!this.hasAttribute("fresh")) this.recall()
    this.price()
  }
  attributeChangedCallback() { if (this.form) { this.read(); this.price() } }
  read() {
    this.models = JSON.parse(this.getAttribute("models") || "[]")
  }
  field(name) { return this.form.elements[name] }
  part(name) { return this.querySelector(`[data-c=${name}]`) }
  /* The smallest cap decides: the one the panel was drawn with, or the team's, whose meter follows what happens meanwhile. */
  get cap() {
    const [own, team] = [this.getAttribute("cap"), document.getElementById("meter")?.dataset.cap].map(text => JSON.parse(text || "null"))
    const left = cap => cap.limit - cap.held - cap.settled
    return own && (!team || left(own) < left(team)) ? own : team
  }
  get model() { return this.models.find(m => m.slug === this.field("model")?.value) }
  number(name) { const v = Number(String(this.field(name).value).replace(",", ".")); return Number.isFinite(v) ? v : NaN }

  sync(el) {
    const slider = this.part("slider")
    if (el === slider) this.field("duration").value = slider.value
    else if (el.name === "duration" && this.number("duration")) slider.value = this.number("duration")
    if (el.getAttribute("aria-invalid")) { el.removeAttribute("aria-invalid"); const err = this.querySelector(`#err_${el.name}`); if (err) err.textContent = "" }
  }
  chosen(e) {
    const open = e.target.closest("details")
    if (open && e.isTrusted && !this.byKey) { open.open = false; open.querySelector("summary").focus() }
  }
  click(e) {
    const step = e.target.closest("[data-step]")
    if (step) {
      const field = this.field(step.dataset.step), by = +step.dataset.by, min = +field.min, max = +field.max
      field.value = Math.min(max, Math.max(min, (this.number(field.name) || min) + by))
      field.dispatchEvent(new Event("input", { bubbles: true }))
    }
    const starter = e.target.closest("[data-text]")
    if (starter) this.fill(starter.dataset.text)
  }
  fill(text) { const f = this.field("text"); f.value = text; f.dispatchEvent(new Event("input", { bubbles: true })); f.focus() }

  price() {
    const model = this.model, takes = this.number("takes"), seconds = this.number("duration"), text = this.field("text").value
    if (!model) return
    this.part("count").textContent = `${[...text].length.toLocaleString("en-US")} / ${model.text.toLocaleString("en-US")}`
    this.part("model-name").textContent = model.name; this.part("model-line").textContent = model.line
    this.part("range").textContent = `supports ${clock(model.min / 1000)} – ${clock(model.max / 1000)}`
    const slider = this.part("slider"), low = Math.ceil(model.min / 1000), high = Math.floor(model.max / 1000)
    slider.min = low; slider.max = high; this.field("duration").min = low; this.field("duration").max = high
    slider.style.setProperty("--x", `${(slider.value - low) / Math.max(1, high - low) * 100}%`)
    slider.setAttribute("aria-valuetext", `${slider.value} seconds`)
    this.part("low").textContent = clock(low); this.part("high").textContent = clock(high)
    this.part("clock").textContent = seconds > 0 ? clock(seconds) : "–"
    for (const option of this.field("format").options) option.disabled = !model.formats.includes(option.value)
    this.part("note").textContent = model.note || ""
    const lyrics = this.field("lyrics"); if (lyrics) this.part("lyrics-count").textContent = model.lyrics ? `${lyrics.value.length.toLocaleString("en-US")} / ${model.lyrics.toLocaleString("en-US")}` : "this model cannot sing"
    this.sum(model, takes, seconds)
  }
  sum(model, takes, seconds) {
    const valid = takes >= 1 && seconds > 0
    const each = valid ? cost(model, Math.round(seconds * 1000)) : null
    const total = each === null ? null : each * takes
    const say = `${takes} take${takes === 1 ? "" : "s"}`
    this.part("amount").textContent = total === null ? "–" : money(total)
    this.part("formula").textContent = !valid ? "" : model.unit === "free" ? `${say} × ${clock(seconds)} · free, local` : model.unit === "generation" ? `${say} × ${money(model.micros)} each` : model.unit === "tier" ? `${say} × ${each === null ? "–" : money(each)} by length` : `${say} × ${clock(seconds)} × ${money(model.micros)}/${model.unit === "minute" ? "min" : "s"}`
    this.field("cost").value = total ?? ""
    this.part("verb").textContent = valid ? `Generate ${say}` : "Generate"
    this.bar(total || 0)
  }
  bar(total) {
    const cap = this.cap
    if (!cap || !this.part("bar")) return
    const { limit, held, settled } = cap, left = limit - held - settled, pct = v => `${Math.max(0, Math.min(100, v / limit * 100))}%`
    const mine = this.part("this"), over = total > left && total > 0, bar = this.part("bar")
    bar.querySelector(".settled").setAttribute("width", pct(settled))
    bar.querySelector(".held").setAttribute("x", pct(settled)); bar.querySelector(".held").setAttribute("width", pct(held))
    mine.setAttribute("x", pct(held + settled)); mine.setAttribute("width", pct(total)); mine.setAttribute("class", over ? "over" : "this")
    this.part("left").textContent = over ? `${money(total - left)} over what is left` : `${money(Math.max(0, left - total))} left after this`
    bar.setAttribute("aria-label", `Monthly cap of ${money(limit)}: ${money(settled)} settled, ${money(held)} held, ${money(total)} for this request, ${over ? "more than is left" : `${money(Math.max(0, left - total))} left after it`}`)
  }

  get key() { return `ms.draft.${this.getAttribute("draft")}` }
  keep() {
    const draft = {}
    for (const name of ["text", "lyrics", "duration", "takes", "format", "model", "seed", "parent"]) if (this.field(name)) draft[name] = this.field(name).value
    draft.instrumental = this.field("instrumental")?.checked
    try { sessionStorage.setItem(this.key, JSON.stringify(draft)) } catch { /* private mode: no draft */ }
  }
  recall() {
    let draft = null
    try { draft = JSON.parse(sessionStorage.getItem(this.key)) } catch { /* unreadable: no draft */ }
    if (!draft) return
    for (const [name, value] of Object.entries(draft)) {
      const field = this.field(name)
      if (name === "parent" || !field) continue
      if (name === "instrumental") field.checked = value
      else if (name === "model") { const radio = [...this.form.querySelectorAll("[name=model]")].find(r => r.value === value && !r.disabled); if (radio) radio.checked = true }
      else field.value = value
    }
    this.part("slider").value = this.number("duration") || this.part("slider").value
  }
}

customElements.define("ms-compose", Compose)

/* On the phone the panel is a sheet over the list: it makes way for the row that has just appeared. */
document.addEventListener("htmx:afterOnLoad", e => {
  const sheet = document.getElementById("compose")
  if (e.detail.elt.matches("#compose form") && e.detail.xhr.status === 200 && sheet.matches(":popover-open")) sheet.hidePopover()
})
document.addEventListener("htmx:afterSettle", () => document.querySelector("ms-compose")?.price())

/* The server draws the panel without knowing widths and formulas: work them out again whenever it was swapped. */
/* On the phone the panel is a sheet over the list: it makes way for the row that has just appeared. */
document.addEventListener("htmx:afterOnLoad", e => {
  const sheet = document.getElementById("compose")
  if (e.detail.elt.matches("#compose form") && e.detail.xhr.status === 200 && sheet.matches(":popover-open")) sheet.hidePopover()
})
document.addEventListener("htmx:afterSettle", () => document.querySelector("ms-compose")?.price())

document.addEventListener("click", e => {
  const starter = e.target.closest("#main [data-text]"), panel = document.querySelector("ms-compose")
  if (!starter || !panel) return
  const sheet = document.getElementById("compose")
  if (getComputedStyle(sheet).display === "none") sheet.showPopover()
  panel.fill(starter.dataset.text)
})
document.addEventListener("keydown", e => { const panel = document.querySelector("ms-compose"); if (panel) panel.byKey = e.key.startsWith("Arrow") })
document.addEventListener("pointerdown", () => { const panel = document.querySelector("ms-compose"); if (panel) panel.byKey = false })
