/* <ms-compose models="JSON" caps="JSON" draft="key" [fresh] [open="id"]>: around the compose form. The price is worked out here on every input,
   from the numbers the server put into the attributes; the server quotes again when the form arrives and refuses a price that was not the one shown.
   models: [{slug, name, line, unit, micros, step, least, min, max, text, lyrics, formats, seed, note, [tiers], [fee], [off]}]  micros, milliseconds, characters
   caps: [{who, noun, limit, held, settled, take, ask}]  take: limits each take; ask: an admin may be asked. On a project's page #queue has newer ones.
   A draft is kept in sessionStorage until the tab closes; "fresh" wins over it; "open" (another one each time) shows the panel and goes to the prompt. */

import { clock } from "./wave.js";
import { keep, recall } from "./draft.js";
import { cannot, draw, few, formula, left, money, parts } from "./price.js";
const LANES = [2, 4]
const number = n => n.toLocaleString("en-US")

class Compose extends HTMLElement {
  static observedAttributes = ["models", "caps", "open"]
  connectedCallback() {
    this.form = this.querySelector("form")
    this.addEventListener("input", e => { this.sync(e.target); keep(this); this.price() })
    this.addEventListener("change", e => this.changed(e))
    this.addEventListener("click", e => this.click(e))
    this.addEventListener("keydown", e => this.key(e))
    this.closest("#compose").addEventListener("change", e => { if (e.target.matches("[data-place]")) keep(this, e.target.value) }, true)
    this.read()
    this.another(); this.price(); this.opened()
  }
  attributeChangedCallback(name) { if (this.form) { this.read(); this.price(); if (name === "open") this.opened() } }
  read() { this.models = JSON.parse(this.getAttribute("models") || "[]") }
  opened() {
    if (!this.hasAttribute("open")) return
    const sheet = this.closest("#compose"), f = this.field("text")
    if (getComputedStyle(sheet).display === "none") sheet.showPopover()
    f.focus(); f.setSelectionRange(f.value.length, f.value.length)
  }
  field(name) { return this.form.elements[name] }
  part(name) { return this.querySelector(`[data-c=${name}]`) }
  get caps() { return JSON.parse((this.field("at").value === "project" && document.getElementById("queue")?.dataset.caps) || this.getAttribute("caps") || "[]") }
  get race() { return !!this.field("race")?.checked }
  get picks() { return [...this.querySelectorAll(".opts .model input")] }
  get lanes() { return this.picks.filter(i => i.checked).map(i => this.models.find(m => m.slug === i.value)).filter(Boolean) }
  get sung() { return !this.field("instrumental").checked && !!this.field("lyrics").value.trim() }
  get words() { return [...this.querySelectorAll("[name=chips]:checked")].map(i => i.value).join(", ") }
  number(name) { const v = Number(String(this.field(name).value).replace(",", ".")); return Number.isFinite(v) ? v : NaN }
  touch(f) { f.dispatchEvent(new Event("input", { bubbles: true })) }

  sync(el) {
    const slider = this.part("slider")
    if (el === slider) this.field("duration").value = slider.value
    else if (el.name === "duration" && this.number("duration")) slider.value = this.number("duration")
    if (el.getAttribute("aria-invalid")) { el.removeAttribute("aria-invalid"); const err = this.querySelector(`#err_${el.name}`); if (err) err.textContent = "" }
  }
  changed(e) {
    if (e.target.name === "race") this.mode()
    const open = e.target.closest("details.picks")
    if (e.target.name === "model" && e.isTrusted && !this.byKey) { open.open = false; open.querySelector("summary").focus() }
  }
  mode() {
    const race = this.race, picked = this.picks.filter(i => i.checked)
    for (const i of this.picks) { i.type = race ? "checkbox" : "radio"; i.name = race ? "lanes" : "model" }
    if (!race && picked[0]) picked[0].checked = true
    this.price(); keep(this)
  }
  click(e) {
    const at = what => e.target.closest(`[data-${what}]`), step = at("step"), insert = at("insert"), preset = at("preset")
    if (step) {
      const field = this.field(step.dataset.step), by = +step.dataset.by, min = +field.min, max = +field.max
      field.value = Math.min(max, Math.max(min, (this.number(field.name) || min) + by))
      this.touch(field)
    }
    if (insert) this.insert(insert.dataset.insert)
    if (preset) { this.apply(JSON.parse(preset.dataset.preset)); preset.closest("details").open = false }
    if (at("clear")) { this.field("track").value = this.field("parent").value = ""; at("clear").closest(".note").remove(); this.field("text").focus() }
  }
  key(e) {
    this.byKey = e.key.startsWith("Arrow")
    if (e.key === "Enter" && e.target === this.part("word")) { e.preventDefault(); this.add(e.target.value.split(",")); e.target.value = "" }
    if (e.key === "ArrowUp" && e.target.name === "text" && !e.target.value) this.querySelector("[data-recall]")?.click()
  }
  /* At the cursor of the lyrics, as if it was typed: the browser's undo takes it back. */
  insert(tag) {
    const f = this.field("lyrics"), before = f.value.slice(0, f.selectionStart), text = `${before && !before.endsWith("\n") ? "\n" : ""}${tag}\n`
    f.focus()
    if (!document.execCommand("insertText", false, text)) { f.setRangeText(text, f.selectionStart, f.selectionEnd, "end"); this.touch(f) }
  }
  add(words) {
    for (const word of words.map(w => w.trim().replace(/\s+/g, " ")).filter(Boolean)) {
      let box = [...this.querySelectorAll("[name=chips]")].find(i => i.value.toLowerCase() === word.toLowerCase() && i.type === "checkbox")
      if (!box) {
        const label = this.querySelector(".word").cloneNode(true)
        box = label.querySelector("input"); box.value = word; label.lastChild.textContent = word
        this.part("word").before(label)
      }
      box.checked = true
    }
    this.touch(this.part("word"))
  }
  apply(preset) {
    for (const i of this.querySelectorAll("[name=chips]:checked")) i.checked = false
    for (const name of ["duration", "format"]) if (preset[name]) this.field(name).value = preset[name]
    const pick = this.picks.find(i => i.value === preset.model && !i.disabled); if (pick) pick.checked = true
    this.field("instrumental").checked = preset.instrumental
    this.part("slider").value = this.number("duration")
    this.add(preset.styles)
  }
  fill(text) { const f = this.field("text"); f.value = text; this.touch(f); f.focus() }

  price() {
    const race = this.race, lanes = this.lanes, model = lanes[0], takes = this.number("takes"), seconds = this.number("duration"), ms = Math.round(seconds * 1000)
    for (const i of this.picks) {
      const m = this.models.find(m => m.slug === i.value), why = m && cannot(m, ms, this.sung, this.field("format").value), sub = i.closest(".model").querySelector(".sub")
      if (!m) continue
      const p = race && !why && parts(m, ms)
      i.disabled = m.off || (why && !i.checked) || (race && !i.checked && lanes.length >= LANES[1])
      sub.textContent = why || (p && takes >= 1 ? `${money((p[0] + p[1]) * takes)} for this · ${m.line}` : m.line)
    }
    if (!model) { this.state("Generate", race ? `Choose ${LANES[0]} to ${LANES[1]} models for a race.` : "No model can run now."); return }
    const most = (a, b) => Math.max(a, b), least = (a, b) => Math.min(a, b), of = (name, by) => lanes.map(m => m[name]).reduce(by)
    const limit = of("text", least), sings = lanes.every(m => m.lyrics), words = this.words, text = this.field("text").value
    const length = [...text].length + (words && words.length + 1)
    this.part("count").textContent = `${number(length)} / ${number(limit)}`; this.part("count").classList.toggle("over", length > limit)
    this.part("model-name").textContent = race ? `Race of ${lanes.length}` : model.name
    this.part("model-line").textContent = race ? lanes.map(m => m.name).join(", ") : model.line
    const low = Math.ceil(of("min", most) / 1000), high = Math.floor(of("max", least) / 1000), slider = this.part("slider")
    this.part("range").textContent = `supports ${clock(low)} – ${clock(high)}`
    slider.min = low; slider.max = high; this.field("duration").min = low; this.field("duration").max = high
    slider.style.setProperty("--x", `${(slider.value - low) / Math.max(1, high - low) * 100}%`)
    slider.setAttribute("aria-valuetext", `${slider.value} seconds`)
    this.part("low").textContent = clock(low); this.part("high").textContent = clock(high)
    this.part("clock").textContent = seconds > 0 ? clock(seconds) : "–"
    for (const option of this.field("format").options) option.disabled = !lanes.every(m => m.formats.includes(option.value))
    this.part("note").textContent = [...new Set(lanes.map(m => m.note).filter(Boolean))].join(" ")
    this.part("seed").hidden = race || !model.seed
    const lyrics = this.field("lyrics")
    lyrics.disabled = !sings && !lyrics.value
    for (const b of this.querySelectorAll("[data-insert]")) b.disabled = lyrics.disabled
    this.part("lyrics-count").textContent = sings ? `${number(lyrics.value.length)} / ${number(of("lyrics", least))}` : `${lanes.find(m => !m.lyrics).name} cannot sing`
    this.part("instrumental").textContent = this.field("instrumental").checked ? "no lyrics" : sings ? "sings the lyrics" : ""
    this.sum(lanes, takes, seconds, ms)
  }
  sum(lanes, takes, seconds, ms) {
    const race = this.race, valid = takes >= 1 && seconds > 0, each = valid ? lanes.map(m => parts(m, ms)) : [null]
    const known = each.every(Boolean), one = known ? each.map(([price, fee]) => price + fee) : [], total = known ? one.reduce((a, b) => a + b, 0) * takes : null
    const fee = known ? each.reduce((a, [, f]) => a + f, 0) * takes : 0, say = few(takes, "take")
    this.part("amount").textContent = total === null ? "–" : money(total)
    this.part("formula").textContent = (!valid ? "" : race ? `${few(lanes.length, "model")} × ${say} × ${clock(seconds)}` : formula(lanes[0], say, seconds, each[0])) + (fee ? ` + ${money(fee)} fee` : "")
    this.field("cost").value = total ?? ""
    const caps = this.caps, verb = !valid ? "Generate" : race ? `Race ${few(lanes.length, "model")}, ${few(takes * lanes.length, "take")}` : `Generate ${say}`
    draw(this, caps.filter(c => !c.take), total || 0)
    const short = caps.filter(c => c.take ? Math.max(0, ...one) > c.limit : total > 0 && total > left(c))
    if (race && lanes.length < LANES[0]) return this.state(verb, `Choose ${LANES[0]} to ${LANES[1]} models for a race.`)
    if (!short.length) return this.state(verb)
    const who = { Team: "the team’s", Project: "the project’s", You: "your" }, asked = !race && short.every(c => c.ask)
    const why = short.map(c => c.take ? `A take may cost ${money(c.limit)} (${who[c.who]} ${c.noun}).` : `${money(total - left(c))} over ${who[c.who]} ${c.noun}.`).join(" ")
    this.state(asked ? "Needs approval" : verb, `${why}${race ? " Take fewer models." : asked ? "" : " An owner or admin can raise it."}`, asked)
  }
  /* The button: its words, why it cannot be pressed, and whether an admin may be asked instead. */
  state(verb, why = "", ask = false) {
    this.part("verb").textContent = verb
    this.part("go").disabled = !!why; this.part("why").textContent = why
    const form = this.part("ask"); form.hidden = !ask && !form.hasAttribute("data-open")
    clearTimeout(this.telling)
    this.telling = setTimeout(() => { this.part("spoken").textContent = `${this.part("amount").textContent}. ${why}` }, 600)
  }
  /* The panel of another project keeps what was written; what the server filled in wins. */
  another() {
    if (this.known === this.name) return
    const f = this.field("text"), typed = f.value !== f.defaultValue && !this.known // before this script had come
    this.known = this.name
    if (typed) keep(this); else if (!this.hasAttribute("fresh")) recall(this)
  }
  get name() { return `ms.draft.${this.getAttribute("draft")}` }
}

customElements.define("ms-compose", Compose)

const panel = () => document.querySelector("ms-compose")

/* ⌘↵ asks like the button does: not at all while the button says why not. */
document.addEventListener("htmx:beforeRequest", e => {
  if (e.detail.elt.matches("#compose form") && panel().part("go").disabled) { e.preventDefault(); panel().querySelector("[data-c=ask]:not([hidden]) input")?.focus() }
})
/* On the phone the panel is a sheet over the list: it makes way for the row that has just appeared. */
document.addEventListener("htmx:afterOnLoad", e => {
  const sheet = document.getElementById("compose")
  if (e.detail.elt.matches("#compose form") && e.detail.xhr.status === 200 && sheet.matches(":popover-open")) sheet.hidePopover()
})
/* The server draws the panel without knowing widths and formulas: work them out again whenever something was swapped. */
document.addEventListener("htmx:afterSettle", e => {
  panel()?.another?.(); panel()?.price?.()
  if (e.detail.elt?.id === "desk" && e.detail.requestConfig?.verb === "post" && [document.body, panel()?.part("go")].includes(document.activeElement) && e.detail.xhr.status === 200) panel()?.field("text").focus({ preventScroll: true })
})
document.addEventListener("click", e => {
  if (e.target.closest("[data-away]")) { document.getElementById("desk").replaceChildren(); return }
  const starter = e.target.closest("#main [data-text]")
  if (!starter || !panel()) return
  const sheet = document.getElementById("compose")
  if (getComputedStyle(sheet).display === "none") sheet.showPopover()
  panel().fill(starter.dataset.text)
})
document.addEventListener("pointerdown", () => { if (panel()) panel().byKey = false })
