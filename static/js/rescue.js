/* A session that runs out takes nothing with it: what stands in the page's forms is kept until the same page is open again. */

const KEY = `ms.form.${location.pathname}`
const forms = () => [...document.querySelectorAll("#main form")]
const own = field => field.name && !["hidden", "password", "file", "submit", "checkbox", "radio"].includes(field.type)

export function keep() {
  const said = forms().map(form => [...form.elements].filter(own).map(field => [field.name, field.value]))
  try { sessionStorage.setItem(KEY, JSON.stringify(said)) } catch { /* private mode: nothing is kept */ }
}

export function bring() {
  const said = JSON.parse(sessionStorage.getItem(KEY) || "[]")
  sessionStorage.removeItem(KEY)
  forms().forEach((form, i) => {
    for (const [name, value] of said[i] || []) {
      const field = form.elements[name]
      if (!field || field.value === value) continue
      field.value = value
      const folded = form.closest("details"); if (folded) folded.open = true
      field.dispatchEvent(new Event("input", { bubbles: true }))
    }
  })
}
