/* The command palette: a combobox over a list that the server fills (WAI-ARIA APG, combobox with listbox popup). The focus stays in the field;
   aria-activedescendant says which line Enter takes. While the server is slow the last lines stay, and after 300 ms a ring turns. */

const dialog = document.getElementById("palette"), field = dialog.querySelector("input"), list = dialog.querySelector("[role=listbox]"), status = dialog.querySelector("[role=status]")
let asked, typing

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
    const answer = await fetch(`${dialog.dataset.src}?q=${encodeURIComponent(field.value)}`, { headers: { "HX-Request": "true" }, signal: mine.signal })
    if (answer.redirected) return location.assign(dialog.dataset.src)
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

export function open() {
  if (dialog.open) return dialog.close()
  for (const layer of document.querySelectorAll(":popover-open")) layer.hidePopover()
  dialog.showModal()
  field.focus(); field.select()
  ask()
}
