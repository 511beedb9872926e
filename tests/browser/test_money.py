"""Money in a real browser: an admin who reads no documentation sets caps, adds a key, approves a refused take, exports."""

import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from musicstudio.budgets.grants import Ask
from musicstudio.budgets.models import Cap, Hold
from musicstudio.budgets.verify import broken_invariants, check
from musicstudio.generation.ask import ask
from musicstudio.generation.models import Job, Reason, State
from musicstudio.projects.models import Project
from musicstudio.providers.connections import TopUp
from musicstudio.providers.models import ProviderKey
from musicstudio.providers.sync import propose
from tests.browser.conftest import DESKTOP, PHONE, Studio
from tests.browser.test_accessible import troubles
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_prompt
from tests.gateway.server import Gateway

USD = 1_000_000
SHOTS = os.environ.get("MS_SCREENSHOTS")  # a folder: the screens are kept there to be looked at


def spend(cast: Cast, project: Project, micros: int, days_ago: int, settled: bool = True) -> None:
    wanted = [(uuid.uuid4(), {"amount_micros": micros, "model": "elevenlabs/elevenlabs-music"})]
    [hold] = Hold.objects.reserve(cast.team, wanted, cast.producer, project=project, key=ProviderKey.objects.first())
    Hold.objects.filter(pk=hold.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    if settled:
        hold.settle()


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """A team in the middle of its month, with everything an admin can be asked."""
    make_key(cast.team)
    Cap.objects.set_monthly(cast.team, 120 * USD, cast.owner)
    Cap.objects.set(cast.team, 60 * USD, cast.owner, project=cast.project)
    Cap.objects.set(cast.team, 100 * USD, cast.owner, member=cast.producer)
    other = Project.objects.open(cast.team, "Harbour podcast")
    for day, micros in ((4, 7_200_000), (3, 3_100_000), (2, 9_600_000), (1, 4_800_000), (0, 2_400_000)):
        spend(cast, cast.project if day % 2 else other, micros, day)
    spend(cast, cast.project, 4_800_000, 0, settled=False)
    model = gateway_model("0.03")
    [running, lost] = [
        make_jobs(cast.project, cast.producer, model=model, text=text)[0] for text in ("warm pads", "slow felt piano")
    ]
    Job.objects.move(running.pk, (State.QUEUED,), State.RUNNING)
    lost.doubt(Reason.NO_ANSWER, "The connection closed.")
    prompt = make_prompt(cast.project, cast.producer, "wide strings for the finale", model_slug=model.slug, duration_ms=290_000)
    ask(prompt, 8, model, cast.producer, "The client wants eight to choose from before Friday")
    propose(cast.team, model, 600_000, "minute")
    TopUp.objects.create(team=cast.team, provider="aigateway", paid_micros=105 * USD, fee_micros=5 * USD, by=cast.owner)
    Cap.objects.set(cast.team, 5 * USD, cast.owner, period="take")
    check()
    return cast


def keep(page: Page, name: str) -> None:
    if SHOTS:
        page.evaluate("document.querySelectorAll('.scroll').forEach(e => e.scrollTop = 0)")
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_every_money_screen_is_accessible(studio: Studio, busy: Cast, size: tuple[int, int]) -> None:
    key = ProviderKey.objects.get()
    model = gateway_model("0.03")
    screens = {
        "budgets": "/t/northlight/budgets/",
        "spend": "/t/northlight/budgets/?by=day",
        "ledger": "/t/northlight/budgets/ledger/",
        "prices": "/t/northlight/prices/",
        "price": f"/t/northlight/prices/{model.pk}/",
        "connections": "/t/northlight/connections/",
        "revoke": f"/t/northlight/connections/keys/{key.pk}/revoke/",
    }
    page = studio.open("/t/northlight/budgets/", busy.owner, size)
    found: dict[str, list[str]] = {}
    for name, path in screens.items():
        page.goto(studio.server.url + path)
        page.evaluate("document.querySelectorAll('main details').forEach(e => e.open = true)")
        if wrong := troubles(page):
            found[name] = wrong
        page.evaluate("document.querySelectorAll('main details').forEach(e => e.open = false)")
        keep(page, f"{name}-{size[0]}")
    assert found == {}


def set_cap(page: Page, whom: str, dollars: str) -> None:
    page.get_by_label("For", exact=True).select_option(label=whom)
    page.get_by_label("US dollars", exact=True).fill(dollars)
    expect(page.locator("#effect")).to_contain_text("left")
    page.get_by_role("button", name="Set cap").click()
    expect(page.get_by_role("row", name=whom.removeprefix("Project ").removesuffix(" (team)")).first).to_contain_text(
        f"${dollars}.00"
    )


def test_an_admin_finds_everything_without_documentation(studio: Studio, cast: Cast, settings: object, tmp_path: Path) -> None:
    model = gateway_model("4", "generation")
    studio.expected = ("422",)
    with Gateway(poll_floor=0.0) as gateway:
        settings.AIGATEWAY_BASE_URL = gateway.url  # type: ignore[attr-defined]
        page = studio.open("/t/northlight/budgets/", cast.owner)
        set_cap(page, "Northlight (team)", "80")
        set_cap(page, "Project Aurora spring film", "10")
        set_cap(page, "Pia Duval", "20")

        page.get_by_role("link", name="Connections").click()
        page.get_by_label("New key", exact=True).fill("sk-aig-test-0123456789")
        page.get_by_role("button", name="Add and test").click()
        expect(page.get_by_text("Works · 6 music models")).to_be_visible()

        producer = studio.open("/t/northlight/projects/aurora-spring-film/", cast.producer)
        producer.get_by_label("Prompt", exact=False).first.fill("wide strings for the finale")
        producer.locator("#model-now").click()
        producer.get_by_role("radio", name=model.name).check()
        producer.get_by_label("Takes", exact=True).fill("4")
        expect(producer.get_by_role("button", name="Needs approval")).to_be_disabled()
        expect(producer.locator("#why")).to_contain_text("$6.00 over the project’s monthly cap")
        producer.get_by_label("Ask an admin for more: why?").fill("Four for the client")
        producer.get_by_role("button", name="Ask for approval").click()
        expect(producer.locator("#live")).to_contain_text("Sent to the admins")

        page.get_by_role("link", name="Budgets").first.click()
        expect(page.get_by_text("“Four for the client”")).to_be_visible()
        page.get_by_role("button", name="Approve and run").click()
        expect(page.get_by_text("Approved. 4 takes queued as asked.")).to_be_visible()
        assert Ask.objects.get().state == "approved" and Job.objects.filter(created_by=cast.producer).count() == 4

        page.get_by_role("link", name="Open the ledger").click()
        expect(page.get_by_role("row", name="wide strings").first).to_contain_text("$4.00")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        download.value.save_as(tmp_path / "ledger.csv")
    assert (tmp_path / "ledger.csv").read_text().count("wide strings for the finale") == 4
    assert broken_invariants() == []
