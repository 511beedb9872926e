/* <ms-pick act="tag" off="untag" many="3">: an editable combobox with a list that stays open (WAI-ARIA APG), to choose tags, collections or a project.
   The focus stays in the field; ↑ ↓ Home End move, Enter chooses. A name that nobody has yet is offered as a new one, except for projects.
   Fires "ms:pick" {act, name}: the act when a word comes on, `off` when it goes. */

const plain = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim()

class Pick extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("[role=combobox]"); this.list = this.querySelector("[role=listbox]"); this.said = this.querySelector("[role=status]")
    this.fresh = Object.assign(document.createElement("li"), { id: "pick-new", className: "it", hidden: true })
    this.fresh.setAttribute("role", "option"); this.fresh.setAttribute("aria-selected", "false")
    this.list.append(this.fresh)
    this.field.addEventListener("input", () => this.filter())
    this.field.addEventListener("keydown", e => this.key(e))
    this.addEventListener("click", e => {
      const option = e.target.closest("[role=option]"), word = e.target.closest("[data-word]")
      if (option) this.choose(option)
      if (word) { this.fire(this.getAttribute("act"), word.dataset.word); word.remove(); this.field.focus() }
    })
    this.filter()
  }
  get shown() { return [...this.list.children].filter(el => !el.hidden) }
  filter() {
    const words = this.field.value.replace(/^#/, ""), typed = plain(words)
    let same = false
    for (const option of this.list.children) if (option !== this.fresh) {
      const name = plain(option.querySelector(".cut").textContent)
      option.hidden = !name.includes(typed); same ||= name === typed
    }
    this.fresh.hidden = !typed || same || !this.getAttribute("off")
    this.fresh.textContent = `Make “${words.trim()}”`; this.fresh.dataset.value = words.trim()
    this.go(0)
    const n = this.shown.length
    this.said.textContent = n ? "" : this.list.children.length > 1 ? "Nothing of that name." : "None yet. Type a name."
  }
  go(at) {
    const shown = this.shown
    this.at = Math.max(0, Math.min(shown.length - 1, at))
    for (const option of this.list.children) option.toggleAttribute("data-here", option === shown[this.at])
    if (shown.length) { this.field.setAttribute("aria-activedescendant", shown[this.at].id); shown[this.at].scrollIntoView({ block: "nearest" }) } else this.field.removeAttribute("aria-activedescendant")
  }
  key(e) {
    const to = { ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: this.at + 8, PageUp: this.at - 8 }[e.key]
    if (to !== undefined) { e.preventDefault(); this.go(to) }
    if (e.key === "Enter" && !e.isComposing) { e.preventDefault(); const option = this.shown[this.at]; if (option) this.choose(option) }
  }
  choose(option) {
    const off = this.getAttribute("off"), full = option.dataset.has === this.getAttribute("many") && option.getAttribute("aria-selected") === "true"
    this.fire(off && full ? off : this.getAttribute("act"), option.dataset.value)
    if (option === this.fresh) { option = this.grow(option.dataset.value) }
    option.setAttribute("aria-selected", String(!full)); option.dataset.has = full ? 0 : this.getAttribute("many")
    const n = option.querySelector(".n"); if (n) n.textContent = ""
    this.said.textContent = full ? `${option.dataset.value} taken off.` : `${option.dataset.value} added.`
    this.field.value = ""; const said = this.said.textContent; this.filter(); this.said.textContent = said
    this.field.focus()
  }
  grow(name) {
    const option = this.list.children[0] === this.fresh ? this.fresh.cloneNode() : this.list.children[0].cloneNode(true)
    option.hidden = false; option.id = `pick-${this.list.children.length}-new`; option.dataset.value = name
    if (!option.querySelector(".cut")) option.append(Object.assign(document.createElement("span"), { className: "cut" }))
    option.querySelector(".cut").textContent = name; option.querySelector(".dot")?.remove()
    this.list.prepend(option)
    return option
  }
  fire(act, name) { this.dispatchEvent(new CustomEvent("ms:pick", { bubbles: true, detail: { act, name } })) }
}

customElements.define("ms-pick", Pick)
