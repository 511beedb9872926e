/* The command palette: a combobox over a list that the server fills (WAI-ARIA APG, combobox with listbox popup). The focus stays in the field;
   aria-activedescendant says which line Enter takes. While the server is slow the last lines stay, and after 300 ms a ring turns. */

const opener = document.querySelector("[data-palette]"), nav = document.querySelector("#side nav")
document.body.insertAdjacentHTML("beforeend", `<dialog class="palette" id="palette" aria-label="Search or jump">
  <div class="find"><input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-label="Search projects, tracks, tags, people and actions" placeholder="Search or jump to…" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="go"><span class="busy"></span><button class="btn icon xs" type="button" data-close aria-label="Close"><kbd aria-hidden="true">Esc</kbd></button></div>
  <div class="menu flat" id="palette-list" role="listbox" aria-label="Found"></div><p class="vh" role="status"></p></dialog>`)
const dialog = document.getElementById("palette"), field = dialog.querySelector("input"), list = dialog.querySelector("[role=listbox]"), status = dialog.querySelector("[role=status]")
dialog.querySelector(".find").prepend(opener.querySelector("svg").cloneNode(true))
for (const { name, value } of nav.attributes) if (name.startsWith("hx-")) list.setAttribute(name, value) // its links lead on like those of the sidebar
let asked, typing

const address = () => document.querySelector("[data-palette]").href // the team may have changed

const lines = () => [...list.querySelectorAll("[role=option]")]

function choose(place) {
  const all = lines()
  all.forEach((line, i) => { line.id = `palette-${i}`; line.setAttribute("aria-selected", String(i === place)) })
  if (all[place]) { field.setAttribute("aria-activedescendant", all[place].id); all[place].scrollIntoView({ block: "nearest" }) }
  else field.removeAttribute("aria-activedescendant")
}
const chosen = () => lines().findIndex(line => line.getAttribute("aria-selected") === "true")

async function ask() {
  asked?.abort()
  const mine = asked = new AbortController(), ring = setTimeout(() => dialog.setAttribute("aria-busy", "true"), 300)
  try {
    const answer = await fetch(`${address()}?q=${encodeURIComponent(field.value)}`, { headers: { "HX-Request": "true" }, signal: mine.signal })
    if (answer.redirected) return location.assign(address())
    if (!answer.ok) throw new Error(String(answer.status))
    list.innerHTML = await answer.text()
    window.htmx.process(list)
    choose(0)
    const n = lines().length
    status.textContent = `${n} result${n === 1 ? "" : "s"}`
  } catch (e) {
    if (e.name !== "AbortError") status.textContent = "The studio does not answer. What was found before stays."
  } finally {
    clearTimeout(ring)
    if (mine === asked) dialog.removeAttribute("aria-busy")
  }
}

const ACTS = {
  compose: () => document.dispatchEvent(new CustomEvent("ms:compose")),
  help: () => document.getElementById("help").showPopover(),
  leave: () => document.querySelector("#account [data-leave]").click(),
}

function take(line) {
  if (!line) return
  clearTimeout(typing); asked?.abort() // the line stays where it is until its page has come: from there it has its attributes
  dialog.close()
  const act = line.dataset.do
  if (!act) line.click()
  else if (ACTS[act]) ACTS[act]()
  else { const [name, value] = act.split("="); document.querySelector(`[data-pref][name=${name}][value=${value}]`).click() }
}

field.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(ask, 80) })
field.addEventListener("keydown", e => {
  const n = lines().length, by = { ArrowDown: 1, ArrowUp: -1 }[e.key]
  if (by && n) { e.preventDefault(); choose((chosen() + by + n) % n) }
  if (e.key === "Enter" && !e.isComposing) { e.preventDefault(); take(lines()[chosen()]) }
})
list.addEventListener("click", e => {
  const line = e.target.closest("[role=option]")
  if (!line || !e.isTrusted || e.ctrlKey || e.metaKey || e.shiftKey) return
  if (line.dataset.do) { e.preventDefault(); take(line) } else dialog.close()
})
dialog.addEventListener("click", e => { if (e.target === dialog || e.target.closest("[data-close]")) dialog.close() })

export function open(text) {
  if (dialog.open) return dialog.close()
  for (const layer of document.querySelectorAll(":popover-open")) layer.hidePopover()
  dialog.showModal()
  field.focus(); field.select()
  if (text) field.value = text
  ask()
}
