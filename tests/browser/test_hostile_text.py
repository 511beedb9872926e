"""Text that wants to be code, in every text column of the team, on every page, in a real browser: nothing of it runs."""

import re
from typing import Any

from django.apps import apps
from django.db import models

from musicstudio.accounts.models import AuditEvent
from musicstudio.budgets.models import Entry
from musicstudio.library.models import Collection
from tests.browser.conftest import Studio
from tests.conftest import Cast
from tests.factories import make_jobs, make_key, make_track
from tests.guards.test_access_table import Address, addresses, table

EVIL = "<img src=x onerror=stolen()>\"'><script>stolen()</script>{{7*7}}${7*7}<svg/onload=stolen()>"
KEPT = re.compile(
    r"slug|state|status|kind|role|hue|mime|format|unit|period|time_zone|currency|provider|sha256|digest|prefix|event|action"
)


def poison() -> int:
    """Puts the text into every column of free text that exists, as wide as it fits; how many columns that were."""
    columns = 0
    for model in apps.get_models():
        if not model.__module__.startswith("musicstudio.") or model in {AuditEvent, Entry}:  # those rows never change
            continue
        for field in model._meta.concrete_fields:
            free = isinstance(field, models.CharField | models.TextField) and not isinstance(
                field, models.SlugField | models.EmailField
            )
            if not free or field.choices or field.unique or field.primary_key or KEPT.search(field.name) or not field.editable:
                continue
            for row in model._base_manager.all():
                change: dict[str, Any] = {field.name: EVIL[: field.max_length]}
                model._base_manager.filter(pk=row.pk).update(**change)
                columns += 1
    return columns


def test_no_text_becomes_code_on_any_page(studio: Studio, cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer)
    track, key = make_track(cast.project, cast.producer), make_key(cast.team)
    track.tag("calm")
    shelf, _ = Collection.objects.named(cast.team, "Set", cast.owner)
    shelf.append([track])
    assert poison() > 15
    said = {"name": EVIL}
    AuditEvent.objects.note(cast.team, cast.owner, "team.settings", EVIL, said, said)
    rows = {"tracks": track.pk, "keys": key.pk, "collections": shelf.pk, "prices": job.model_id}
    page = studio.open("/t/northlight/", cast.owner)
    page.add_init_script("window.stolen = () => console.error('a payload ran')")
    pages = [
        one
        for one in addresses()
        if one.route.startswith("t/") and table()[one.name][0] in {"viewer", "producer", "admin", "owner"}
    ]
    seen = 0
    for one in pages:
        if (url := url_of(one, cast, rows)) and "html" in page.request.get(studio.server.url + url).headers["content-type"]:
            page.goto(studio.server.url + url)
            assert page.evaluate("document.querySelectorAll('[onerror],[onload]').length") == 0, url
            seen += 1
    assert seen > 25


def url_of(address: Address, cast: Cast, rows: dict[str, Any]) -> str | None:
    """The page's address where its row is at hand."""
    from django.urls import reverse

    values = {"team": "northlight", "project": cast.project.slug, "slug": "sketch/studio-sketch", "key": "tag"}
    if address.noun in rows:
        values["pk"] = rows[address.noun]
    if not set(address.keys) <= set(values) or address.name in {"track_audio", "view_counts"}:
        return None
    return reverse(address.name, kwargs={name: values[name] for name in address.keys})
