"""Sign-in in a real browser, with a virtual authenticator in place of a finger."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.conftest import Cast
from tests.factories import PASSWORD


def test_a_passkey_is_made_and_signs_in_alone(studio: Studio, cast: Cast) -> None:
    page = studio.open("/accounts/login/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = key | {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.get_by_label("Email").fill(cast.producer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=re.compile("account and theme")).click()
    page.get_by_role("link", name="Sign-in and security").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert len(devtools.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})["credentials"]) == 1
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("link", name="Manage passkeys")).to_be_visible()

    page.goto(studio.server.url + "/accounts/sessions/")
    page.get_by_role("button", name="Sign out here").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name=re.compile("Home|Northlight|Aurora")).first).to_be_visible()

    devtools.send("WebAuthn.clearCredentials", {"authenticatorId": made["authenticatorId"]})
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": False})
    page.context.clear_cookies()
    page.goto(studio.server.url + "/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("No passkey was used. Try again, or go another way.")
