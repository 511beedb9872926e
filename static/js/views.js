/* The numbers beside the saved views. The server draws the names; the counts are asked for afterwards and kept here,
   so that the sidebar, which is drawn anew on every page, never waits for them and never flickers. */

let counts = {}, asked = 0, timer

function write() {
  for (const el of document.querySelectorAll("#views [data-view]")) {
    const n = el.querySelector(".n"), text = counts[el.dataset.view] ?? ""
    if (n.textContent !== text) n.textContent = text
  }
}

async function ask() {
  const nav = document.getElementById("views")
  if (!nav || document.hidden) return
  asked = performance.now()
  try {
    const answer = await fetch(nav.dataset.counts, { headers: { "X-Requested-With": "fetch" } })
    if (answer.ok && !answer.redirected) counts = await answer.json()
  } catch { /* without a connection the last numbers stay */ }
  write()
}
const soon = () => { clearTimeout(timer); timer = setTimeout(ask, 400) }

for (const event of ["ms:changed", "ms:views"]) document.addEventListener(event, soon)
for (const event of ["htmx:oobAfterSwap", "htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(event, () => { write(); if (performance.now() - asked > 60_000) soon() })
soon()
