/* In the booth of a round: what was heard is reported, and the picks open when every take was heard long enough. */

import { say, toast } from "./events.js";

const booth = () => document.getElementById("booth")
let queue = Promise.resolve()

async function report(card, from, to) {
  const body = new URLSearchParams({ key: card.dataset.keyOf, from: Math.floor(from * 1000), to: Math.floor(to * 1000) })
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]
  const answer = await fetch(booth().dataset.heard, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } })
  const { left, error } = await answer.json()
  if (error) return answer.status === 422 && /over|cast/.test(error) && toast(error)
  const cards = [...document.querySelectorAll("ms-compare [data-key-of]")], picks = document.querySelectorAll("[data-key=pick]")
  for (const el of cards) {
    const more = left[el.dataset.keyOf], line = el.querySelector("[data-left]")
    if (!line || more === undefined) continue
    const bar = line.querySelector("progress"); bar.value = bar.max - more
    line.dataset.left = more; line.lastElementChild.textContent = more ? `${Math.ceil(more)} s more to hear` : "Heard"
  }
  if (picks.length && picks[0].disabled && Object.values(left).every(more => !more)) {
    for (const el of picks) el.disabled = false
    say("Every take was heard long enough. Pick one: key V picks what sounds.")
  }
}

document.addEventListener("ms:stretch", e => {
  const card = booth() && document.querySelectorAll("ms-compare [data-take]")[e.detail.take]
  if (card?.dataset.keyOf) queue = queue.then(() => report(card, e.detail.from, e.detail.to)).catch(() => {})
})
