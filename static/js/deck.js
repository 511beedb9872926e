/* Several takes on one clock. Three ways of playing with the same handles: load(i), play(from), pause(), switchTo(i), set({match, mono, phone, loop}), time.
   Exact: every take is decoded and started at the same moment of one AudioContext; a switch is a ramp of 12 ms between them.
   Approximate: two media elements in the same graph, for phones, little memory and long takes; the elements have clocks of their own.
   One: a single element without Web Audio.
   A take: { src, seconds, gain }; the gain in dB that matches its level comes from the server (review/levels.py) and only ever attenuates. */

const RAMP = .012, LEAD = .05, MOST_SECONDS = 360, MOST_TAKES = 4

export function how({ seconds, coarse = matchMedia("(pointer:coarse)").matches, memory = navigator.deviceMemory, web = "AudioContext" in window }) {
  if (!web) return "one"
  return coarse || memory < 4 || seconds.length > MOST_TAKES || Math.max(...seconds) > MOST_SECONDS ? "approximate" : "exact"
}

const ratio = dB => 10 ** (dB / 20)

/* What all ways share: where the music stands, the loop, and how it ends. */
class Deck {
  at = 0; active = 0; playing = false; match = true; mono = false; phone = false; loop = null
  constructor(takes) { this.takes = takes; this.seconds = Math.max(...takes.map(t => t.seconds)) }
  ready(i) { return this.takes[i].state === "ready" }
  within(at) { const l = this.loop; at = Math.max(0, Math.min(this.seconds, at)); return l && at >= l[1] ? l[0] : at }
  seek(at) { at = this.within(at); this.playing ? this.play(at) : this.at = at }
  set(words) {
    const sounding = this.playing && "loop" in words, at = this.time
    Object.assign(this, words)
    if (sounding) this.play(this.within(at))
    this.tune()
  }
  get level() { const t = this.takes[this.active]; return this.match ? ratio(t.gain) : 1 }
  close() { this.pause() }
}

/* The end of the graph: everything as one channel, and what a phone's speaker leaves of it (300 Hz to 5 kHz). */
class Out {
  constructor(context) {
    this.in = context.createGain(); this.end = context.destination
    this.band = [["highpass", 300], ["highpass", 300], ["lowpass", 5000], ["lowpass", 5000]].map(([type, frequency]) => Object.assign(context.createBiquadFilter(), { type }, { hertz: frequency }))
    for (const filter of this.band) filter.frequency.value = filter.hertz
    this.band.reduce((from, to) => from.connect(to)).connect(this.end)
    this.tune({})
  }
  tune({ mono, phone }) {
    this.in.channelCountMode = mono || phone ? "explicit" : "max"
    this.in.channelCount = mono || phone ? 1 : 2
    this.in.disconnect()
    this.in.connect(phone ? this.band[0] : this.end)
  }
}

async function bytesOf(src, tell) {
  const answer = await fetch(src, { headers: { Accept: "audio/*" } })
  if (!answer.ok || answer.redirected) throw new Error(answer.status === 404 ? "The file is missing." : `The studio answered ${answer.status}.`)
  const all = +answer.headers.get("Content-Length"), reader = answer.body.getReader(), parts = []
  let got = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value); got += value.length; tell(all ? Math.min(.95, got / all) : .5)
  }
  return new Blob(parts).arrayBuffer()
}

export class Exact extends Deck {
  way = "exact"
  constructor(takes, context = new AudioContext({ latencyHint: "interactive" })) {
    super(takes)
    this.context = context; this.out = new Out(context); this.buffers = []
    this.trims = takes.map(() => { const g = context.createGain(); g.connect(this.out.in); return g })
    this.tune()
  }
  async load(i, tell = () => {}) {
    const data = await bytesOf(this.takes[i].src, tell)
    this.put(i, await this.context.decodeAudioData(data).catch(() => { throw new Error("The browser cannot decode this file.") }))
  }
  put(i, buffer) {
    this.buffers[i] = buffer; this.takes[i].state = "ready"
    this.takes[i].seconds = buffer.duration
    this.seconds = Math.max(...this.takes.map(t => t.seconds))
    if (this.playing) { // a take that came late joins the others
      const when = this.context.currentTime + LEAD
      this.nodes[i] = this.begin(i, when, this.place(when))
    }
  }
  tune() {
    this.out.tune(this)
    this.trims.forEach(({ gain }, i) => {
      const level = this.match ? ratio(this.takes[i].gain) : 1
      if (this.playing) gain.setTargetAtTime(level, this.context.currentTime, RAMP / 4); else gain.value = level
    })
  }
  /* The same sound with silence behind it, where a loop reaches beyond the end of a short take. */
  long(i) {
    const b = this.buffers[i]
    if (!this.loop || b.duration >= this.loop[1]) return b
    const longer = this.context.createBuffer(b.numberOfChannels, Math.ceil(this.loop[1] * b.sampleRate), b.sampleRate)
    for (let c = 0; c < b.numberOfChannels; c++) longer.copyToChannel(b.getChannelData(c), c)
    return longer
  }
  begin(i, when, from) {
    const source = this.context.createBufferSource(), gain = this.context.createGain()
    source.buffer = this.long(i)
    if (this.loop) Object.assign(source, { loop: true, loopStart: this.loop[0], loopEnd: this.loop[1] })
    gain.gain.value = i === this.active ? 1 : 0
    source.connect(gain).connect(this.trims[i])
    if (from < source.buffer.duration) source.start(when, from)
    return { source, gain: gain.gain }
  }
  play(from = this.at) {
    this.hush()
    from = this.within(from >= this.seconds ? 0 : from)
    if (this.context.close) this.context.resume()
    const when = this.context.currentTime + LEAD
    this.begun = when - from
    this.nodes = this.buffers.map((_, i) => this.begin(i, when, from))
    this.playing = true
  }
  hush() {
    const now = this.context.currentTime
    for (const node of this.nodes ?? []) if (node) {
      node.gain.cancelScheduledValues(now); node.gain.setTargetAtTime(0, now, RAMP / 4)
      try { node.source.stop(now + RAMP) } catch { /* it never began: the take ends before */ }
    }
    this.nodes = null
  }
  switchTo(i) {
    const now = this.context.currentTime
    if (this.playing) this.nodes.forEach(({ gain }, k) => {
      gain.cancelScheduledValues(now); gain.setValueAtTime(gain.value, now); gain.linearRampToValueAtTime(k === i ? 1 : 0, now + RAMP)
    })
    this.active = i
  }
  place(when) {
    const at = Math.max(0, when - this.begun), l = this.loop
    return l && at >= l[1] ? l[0] + (at - l[0]) % (l[1] - l[0]) : at
  }
  get time() { return this.playing ? this.place(this.context.currentTime) : this.at }
  pause() { if (this.playing) { this.at = Math.min(this.seconds, this.time); this.hush(); this.playing = false } }
  close() { this.pause(); this.context.close?.(); this.buffers = [] }
}

/* Elements: two in a graph, or one without it. An element holds the take that sounds, the other the one heard before it. */
export class Elements extends Deck {
  constructor(takes, way) {
    super(takes); this.way = way
    this.slots = Array.from({ length: way === "one" ? 1 : 2 }, () => ({ audio: Object.assign(new Audio(), { preload: "auto" }), take: -1 }))
    if (way === "approximate") {
      this.context = new AudioContext(); this.out = new Out(this.context)
      for (const s of this.slots) { s.gain = this.context.createGain(); s.gain.gain.value = 0; this.context.createMediaElementSource(s.audio).connect(s.gain).connect(this.out.in) }
    }
    this.slot = this.slots[0]
  }
  /* Nothing is fetched ahead but what the element takes itself. */
  async load(i) {
    const answer = await fetch(this.takes[i].src, { method: "HEAD" })
    if (!answer.ok || answer.redirected) throw new Error(answer.status === 404 ? "The file is missing." : `The studio answered ${answer.status}.`)
    this.takes[i].state = "ready"
  }
  tune() { this.out?.tune(this); this.fade() }
  fade() {
    for (const s of this.slots) {
      const level = s === this.slot ? this.level : 0
      if (s.gain) s.gain.gain.setTargetAtTime(level, this.context.currentTime, RAMP / 3); else s.audio.volume = level
    }
  }
  hold() {
    let slot = this.slots.find(s => s.take === this.active)
    if (!slot) {
      slot = this.slots.find(s => s !== this.slot) ?? this.slots[0]
      slot.take = this.active; slot.audio.src = this.takes[this.active].src
    }
    return slot
  }
  play(from = this.at) {
    const before = this.slot, at = this.within(from >= this.seconds ? 0 : from)
    this.context?.resume()
    this.slot = this.hold(); this.at = at; this.playing = true
    if (Math.abs(this.slot.audio.currentTime - at) > .03) this.slot.audio.currentTime = at
    this.slot.audio.play().catch(() => {})
    if (before !== this.slot) setTimeout(() => { if (this.slot !== before) before.audio.pause() }, 100)
    this.tune()
  }
  switchTo(i) { const at = this.time; this.active = i; this.playing ? this.play(at) : this.at = at }
  get time() {
    if (!this.playing) return this.at
    const { audio } = this.slot
    if (audio.readyState && !audio.seeking) this.at = audio.currentTime
    if (this.loop && this.at >= this.loop[1]) { this.at = this.loop[0]; audio.currentTime = this.at }
    return audio.ended ? this.seconds : this.at
  }
  pause() { if (this.playing) { this.at = Math.min(this.seconds, this.time); for (const s of this.slots) s.audio.pause(); this.playing = false } }
  close() { this.pause(); for (const s of this.slots) s.audio.removeAttribute("src"); this.context?.close() }
}

export const deck = takes => { const way = how({ seconds: takes.map(t => t.seconds) }); return way === "exact" ? new Exact(takes) : new Elements(takes, way) }
