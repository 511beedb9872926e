/* The order of a collection: drag a row by its handle, press ↑ or ↓ on the handle, or its two buttons. Each change is posted at once:
   the track, and the one it now stands in front of. The server tells the new place. */

let held = null
const list = el => el.closest(".sorted"), rowOf = el => el.closest("li.track")

function save(row) {
  const values = { track: row.dataset.track, before: row.nextElementSibling?.dataset.track ?? "" }
  window.htmx.ajax("POST", list(row).dataset.place, { source: "#bulk", swap: "none", values })
}
function step(button, by) {
  const row = rowOf(button), other = by < 0 ? row.previousElementSibling : row.nextElementSibling
  if (!other) return
  by < 0 ? other.before(row) : other.after(row)
  button.focus(); row.scrollIntoView({ block: "nearest" })
  save(row)
}

document.addEventListener("click", e => { const b = e.target.closest(".sorted [data-step]"); if (b) step(b, +b.dataset.step) })
document.addEventListener("keydown", e => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[e.key]
  if (!by || e.shiftKey || e.altKey || e.ctrlKey || e.metaKey || !e.target.closest?.(".sorted .grip")) return
  e.preventDefault(); step(e.target.closest(".grip"), by)
})
document.addEventListener("dragstart", e => {
  if (!e.target.closest?.(".sorted .grip")) return
  held = rowOf(e.target); e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", held.dataset.title); e.dataTransfer.setDragImage(held, 20, 20)
})
document.addEventListener("dragover", e => {
  const over = held && e.target.closest?.(".sorted li.track")
  if (!over || list(over) !== list(held)) return
  e.preventDefault()
  const box = over.getBoundingClientRect()
  if (over !== held) e.clientY < box.top + box.height / 2 ? over.before(held) : over.after(held)
})
document.addEventListener("drop", e => { if (held) e.preventDefault() })
document.addEventListener("dragend", () => { if (held) save(held); held = null })
