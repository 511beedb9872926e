/* Where a track comes from: copying its sheet, and printing it. */

import { toast } from "./events.js";

document.addEventListener("click", async e => {
  if (e.target.closest("[data-print]")) return window.print()
  const button = e.target.closest("[data-copy-sheet]")
  if (!button) return
  try {
    const answer = await fetch(button.dataset.copySheet)
    if (!answer.ok) throw new Error(answer.status)
    await navigator.clipboard.writeText(await answer.text())
    toast("Provenance copied as JSON.")
  } catch { toast("It could not be copied here. Download the JSON instead.") }
})
