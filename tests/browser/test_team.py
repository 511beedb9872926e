"""The team's pages in a real browser: everybody's screens, and a person who comes in by an invitation."""

import pytest
from playwright.sync_api import expect

from musicstudio.accounts.invitations import Invitation
from musicstudio.accounts.models import AccessRequest, Membership, Role
from musicstudio.notify.models import Event, Notification, Webhook
from musicstudio.projects.models import ApiToken
from tests.browser.conftest import DESKTOP, PHONE, Studio
from tests.browser.test_accessible import troubles
from tests.conftest import Cast


@pytest.fixture
def settled(cast: Cast) -> Cast:
    """A team with an open invitation, a webhook with a log, and a token."""
    owner = Membership.objects.get(team=cast.team, user=cast.owner)
    Invitation.objects.invite(cast.team, Role.REVIEWER, owner, "marta@agency.example")
    hook, _ = Webhook.objects.add(cast.team, "https://hooks.example.com/x", Event.values, cast.owner)
    for state, status in (("delivered", 200), ("failed", 500), ("waiting", None)):
        hook.deliveries.create(event=Event.JOB_FAILED, body="{}", state=state, status=status, milliseconds=12, tries=1)
    ApiToken.objects.issue(owner, "Build server", ["read"])
    AccessRequest.objects.ask(cast.stranger, "northlight", "I mix for Olga")
    Notification.objects.tell(cast.team, [cast.owner], "mention", "Pia mentions you", "/t/northlight/", cast.producer)
    return cast


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_the_teams_screens_are_accessible(studio: Studio, settled: Cast, size: tuple[int, int]) -> None:
    owner = Membership.objects.get(team=settled.team, user=settled.owner)
    door = f"/join/{Invitation.objects.invite(settled.team, Role.VIEWER, owner)[1]}/"
    models = "/t/northlight/models/"
    sketch, eleven = "sketch/studio-sketch", "elevenlabs/elevenlabs-music"
    screens = [f"/t/northlight/{name}/" for name in ("members", "webhooks", "tokens", "models", "notices")]
    screens += [f"/t/northlight/{name}/" for name in ("settings/team", "settings/audit", "notices/settings")]
    screens += [f"{models}{eleven}/", f"{models}?compare={sketch}&compare={eleven}", "/v1/docs"]
    page = studio.open(screens[0], settled.owner, size)
    guest = studio.open(door, None, size)
    found = {door: troubles(guest)}
    for path in screens:
        page.goto(studio.server.url + path)
        found[path] = troubles(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_somebody_comes_in_by_a_link_and_is_made_an_admin(studio: Studio, cast: Cast) -> None:
    page = studio.open("/t/northlight/members/", cast.owner)
    page.get_by_label("As", exact=True).select_option("reviewer")
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.get_by_label("Link works once").input_value()
    guest = studio.open(link.removeprefix(studio.server.url), None)
    guest.get_by_label("E-mail").fill("ines@example.com")
    guest.get_by_label("Name").fill("Ines Vidal")
    guest.get_by_label("Password").fill("a long enough secret")
    guest.get_by_role("button", name="Join Northlight").click()
    expect(guest.get_by_role("button", name="Ines Vidal: account and theme")).to_be_visible()
    page.reload()
    page.get_by_label("Role of Ines Vidal").select_option("admin")
    page.get_by_role("button", name="Set the role of Ines Vidal").click()
    expect(page.get_by_text("Ines Vidal is Admin now.").first).to_be_visible()
    guest.goto(studio.server.url + "/t/northlight/budgets/")
    expect(guest.get_by_role("link", name="Settings").first).to_be_visible()
