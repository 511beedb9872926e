/* Passkeys: what the server asks becomes a question of the browser (WebAuthn Level 3, 5.1), its answer goes into the form. */

const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), letter => letter.charCodeAt(0))
const words = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
const listed = keys => (keys ?? []).map(key => ({ ...key, id: bytes(key.id) }))

const asked = async form => {
  const here = document.getElementById("passkey-options")
  const said = here ? JSON.parse(here.textContent) : await (await fetch(form.action, { headers: { Accept: "application/json" } })).json()
  return (said.creation_options ?? said.request_options).publicKey
}

const make = async (ask, alone) => {
  const user = { ...ask.user, id: bytes(ask.user.id) }
  const authenticatorSelection = { ...ask.authenticatorSelection, residentKey: alone ? "required" : "discouraged", requireResidentKey: alone }
  if (alone) authenticatorSelection.userVerification = "required"
  const excludeCredentials = listed(ask.excludeCredentials)
  return navigator.credentials.create({ publicKey: { ...ask, user, authenticatorSelection, excludeCredentials, challenge: bytes(ask.challenge) } })
}
const use = ask => navigator.credentials.get({ publicKey: { ...ask, challenge: bytes(ask.challenge), allowCredentials: listed(ask.allowCredentials) } })

const answer = key => {
  const response = {}
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) if (key.response[name]) response[name] = words(key.response[name])
  if (key.response.getTransports) response.transports = key.response.getTransports()
  const { id, type, authenticatorAttachment } = key
  return JSON.stringify({ id, type, authenticatorAttachment, rawId: words(key.rawId), clientExtensionResults: key.getClientExtensionResults(), response })
}

const REASONS = {
  NotAllowedError: "No passkey was used. Try again, or go another way.",
  InvalidStateError: "This device has a passkey of yours already.",
  SecurityError: "Passkeys need a name in the address bar: open the studio at its https address, or at localhost.",
}

async function run(form) {
  const said = form.querySelector("[role=alert]")
  said.textContent = ""
  try {
    const ask = await asked(form)
    const key = form.dataset.passkey === "make" ? await make(ask, form.elements.passwordless.checked) : await use(ask)
    form.elements.credential.value = answer(key)
    form.submit()
  } catch (error) {
    said.textContent = REASONS[error.name] ?? "The passkey could not be used. Reload the page and try again."
  }
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue
  form.hidden = false
  form.addEventListener("submit", event => { event.preventDefault(); run(form) })
}
