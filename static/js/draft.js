/* What stands in the compose panel, kept in sessionStorage until the tab closes; `place`: under another project. */

export function keep(panel, place) {
  const draft = { instrumental: panel.field("instrumental").checked, chips: panel.words, picked: panel.lanes.map(m => m.slug), race: panel.race }
  for (const name of ["text", "lyrics", "duration", "takes", "format", "seed"]) draft[name] = panel.field(name).value
  const name = place ? panel.name.replace(/[^.]*$/, place) : panel.name
  try { sessionStorage.setItem(name, JSON.stringify(draft)) } catch { /* private mode: no draft */ }
}
export function recall(panel) {
  let draft = null
  try { draft = JSON.parse(sessionStorage.getItem(panel.name)) } catch { /* unreadable: no draft */ }
  if (!draft) return
  const { chips, picked = [], race, instrumental, ...fields } = draft
  for (const [name, value] of Object.entries(fields)) if (panel.field(name)) panel.field(name).value = value
  panel.field("instrumental").checked = instrumental; panel.field("race").checked = !!race
  if (race) panel.mode()
  for (const i of panel.picks) if (picked.includes(i.value) && !i.disabled) i.checked = true; else if (race) i.checked = false
  for (const i of panel.querySelectorAll("[name=chips]")) i.checked = false
  panel.add((chips || "").split(","))
  panel.part("slider").value = panel.number("duration") || panel.part("slider").value
}
