/* Tells the studio which seconds of a track really sounded: from the player's own clock while it plays, without jumps, without what was muted.
   Sent when the player stops, another track begins, the page is left, and every ten seconds; a report that fails is kept and tried again with the next. */

const box = document.getElementById("player"), first = () => box.querySelector("audio")
let audio = first() // the one that sounds; the other one takes in the next track meanwhile
const on = (type, run) => box.addEventListener(type, e => { if (e.target === first()) { audio = e.target; run() } }, true)
const waiting = new Map() // address and track -> ranges in seconds
let track, last = null, sent = Date.now()

const now = () => box.querySelector("[data-p=link]").pathname.match(/^(.*\/t\/[^/]+\/)tracks\/([^/]+)\/$/)
const sounds = () => !audio.paused && !audio.seeking && !audio.muted && audio.volume > 0
const write = spans => spans.map(([a, z]) => `${a.toFixed(2)}-${z.toFixed(2)}`).join()

function hear() {
  const at = audio.currentTime, before = last
  last = sounds() ? at : null
  if (last === null || before === null || at <= before || at - before > 2) return
  const spans = waiting.get(track) ?? []
  if (spans.length && before - spans.at(-1)[1] < .3 && before >= spans.at(-1)[0]) spans.at(-1)[1] = at; else spans.push([before, at])
  waiting.set(track, spans)
  if (Date.now() - sent > 10_000) send()
}

async function send() {
  sent = Date.now()
  for (const [key, spans] of [...waiting]) {
    const [place, id] = key.split(" "), form = new FormData(), { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"))
    waiting.delete(key)
    form.append("track", id); form.append("ranges", write(spans)); form.append("csrfmiddlewaretoken", token)
    const answer = await fetch(`${place}heard/`, { method: "POST", body: form, keepalive: true }).catch(() => null)
    if (!answer || answer.status >= 500) waiting.set(key, [...spans, ...waiting.get(key) ?? []].slice(-200))
    else if (answer.ok) document.body.dispatchEvent(new CustomEvent("ms:heard", { bubbles: true }))
  }
}

function load() { hear(); send(); last = null; track = now()?.slice(1).join(" ") }

for (const type of ["timeupdate", "seeking", "volumechange"]) on(type, () => { if (type === "seeking") last = null; else hear() })
for (const type of ["playing", "seeked"]) on(type, () => { track = now()?.slice(1).join(" "); last = sounds() ? audio.currentTime : null })
function rest(at) { if (last !== null && !audio.seeking && at > last && at - last < 2) { const spans = waiting.get(track) ?? []; spans.push([last, at]); waiting.set(track, spans) } last = null; send() }
for (const type of ["pause", "ended"]) on(type, () => rest(audio.currentTime))
box.addEventListener("ms:turn", () => rest(audio.duration - audio.currentTime < .3 ? audio.duration : audio.currentTime))
on("emptied", load)
document.addEventListener("visibilitychange", () => { if (document.hidden) { hear(); send() } })
addEventListener("pagehide", () => { hear(); send() })
track = now()?.slice(1).join(" ")
