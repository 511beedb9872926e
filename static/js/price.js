/* Prices and caps as the compose panel shows them; amounts in micros. The server has the last word. */

import { clock } from "./wave.js";
const UNIT_MS = { second: 1000, minute: 60000 }

export function money(micros) {
  const [whole, part] = (Math.abs(micros) / 1e6).toFixed(6).split(".")
  const cents = part.slice(0, 2) + part.slice(2).replace(/0+$/, "")
  return `${micros < 0 ? "−" : ""}${document.getElementById("side")?.dataset.symbol ?? "$"}${(+whole).toLocaleString("en-US")}.${cents}`
}

/* What one take of `ms` costs: [price, counted fee]; null when it cannot be said. Rounds up to a whole micro, like Price.quote. */
export function parts(model, ms) {
  if (model.micros === null) return null
  const unit = UNIT_MS[model.unit]
  const billed = Math.ceil(ms / model.step) * model.step
  const micros = model.unit === "tier" ? model.tiers.find(([longest]) => ms <= longest)?.[1] ?? null : model.micros
  if (micros === null) return null
  const price = Math.max(model.least, unit ? Math.ceil(micros * billed / unit) : micros)
  return [price, Math.ceil(price * (model.fee || 0) / 10000)]
}

export function formula(model, say, seconds, each) {
  const rate = money(model.micros)
  return { free: `${say} × ${clock(seconds)} · free, local`, generation: `${say} × ${rate} each`, tier: `${say} × ${each ? money(each[0]) : "–"} by length` }[model.unit]
    ?? `${say} × ${clock(seconds)} × ${rate}/${model.unit === "minute" ? "min" : "s"}`
}

export const left = cap => Math.max(0, cap.limit - cap.held - cap.settled)

/* The bar of the cap with the least left, and what each leaves: settled, held, this request. */
export function draw(panel, caps, total) {
  const bar = panel.part("bar"), tight = caps.reduce((a, b) => !a || left(b) < left(a) ? b : a, null)
  if (!tight || !bar) return
  for (const cap of caps) {
    const row = panel.querySelector(`[data-who="${cap.who}"]`), over = total > left(cap) && total > 0
    if (!row) continue
    row.classList.toggle("tight", cap === tight && caps.length > 1); row.classList.toggle("over", over)
    row.firstElementChild.textContent = over ? `${money(total - left(cap))} over what is left` : `${money(left(cap) - total)} left after this`
    row.lastElementChild.textContent = `${cap.who === "You" ? "your" : cap.who.toLowerCase()} cap ${money(cap.limit)}`
  }
  const { limit, held, settled } = tight, rest = left(tight), pct = v => `${Math.max(0, Math.min(100, v / limit * 100))}%`
  const mine = panel.part("this"), over = total > rest && total > 0
  bar.querySelector(".settled").setAttribute("width", pct(settled))
  bar.querySelector(".held").setAttribute("x", pct(settled)); bar.querySelector(".held").setAttribute("width", pct(held))
  mine.setAttribute("x", pct(held + settled)); mine.setAttribute("width", pct(total)); mine.setAttribute("class", over ? "over" : "this")
  bar.setAttribute("aria-label", `${tight.who}, ${tight.noun} of ${money(limit)}: ${money(settled)} settled, ${money(held)} held, ${money(total)} for this request, ${over ? "more than is left" : `${money(rest - total)} left after it`}`)
}

/* Why a model cannot do the job as it stands; nothing when it can. */
export function cannot(m, ms, sung, format) {
  if (m.off) return m.off
  if (ms > 0 && (ms < m.min || ms > m.max)) return `Makes ${clock(m.min / 1000)} to ${clock(m.max / 1000)}.`
  if (sung && !m.lyrics) return "Cannot sing."
  return m.formats.includes(format) ? "" : `Makes no ${format.toUpperCase()}.`
}

export const few = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`
