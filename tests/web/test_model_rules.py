"""Which models a team uses: off or only in some projects, wherever takes are asked for; and the public catalogue."""

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from musicstudio.accounts.models import AuditEvent
from musicstudio.generation.models import Job
from musicstudio.generation.race import race
from musicstudio.providers.models import ModelRule
from tests.api.conftest import Asker, issue
from tests.conftest import Cast
from tests.factories import (
    GATEWAY_MODEL,
    SKETCH_MODEL,
    gateway_model,
    make_jobs,
    make_key,
    make_project,
    make_prompt,
    sketch_model,
)

MODELS, PAGE = reverse("models", args=["northlight"]), reverse("model", args=["northlight", SKETCH_MODEL])


def rule(client: Client, **said: Any) -> Any:
    return client.post(reverse("model_rule", args=["northlight", sketch_model().pk]), said)


def test_an_admin_switches_a_model_off_and_on_for_the_team_alone(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    assert rule(client, use="off").status_code == 302
    with pytest.raises(ValidationError, match="is switched off in Northlight"):
        make_jobs(cast.project, cast.producer)
    assert make_jobs(cast.other_project, cast.stranger)
    page = client.get(PAGE).content.decode()
    assert "is switched off in Northlight" in page and "Switched off" in client.get(MODELS).content.decode()
    rule(client, use="on")
    assert make_jobs(cast.project, cast.producer)
    assert [event.after for event in AuditEvent.objects.filter(action="model.set").order_by("pk")] == [
        {"use": "off"},
        {"use": "on"},
    ]


def test_some_projects_only(client: Client, cast: Cast) -> None:
    kestrel = make_project(cast.team, "Kestrel")
    client.force_login(cast.owner)
    assert rule(client, use="some").status_code == 422 and not ModelRule.objects.exists()
    rule(client, use="some", projects=[kestrel.slug, cast.other_project.slug])
    assert make_jobs(kestrel, cast.producer)
    with pytest.raises(ValidationError, match="may not be used in Aurora spring film"):
        make_jobs(cast.project, cast.producer)
    page = client.get(PAGE).content.decode()
    assert "Open to 1 project only: Kestrel" in page and "Secret album" not in page
    panel = client.get(f"{reverse('compose', args=['northlight'])}?project={cast.project.slug}").content.decode()
    assert "may not be used in Aurora spring film" in panel


def test_only_admins_decide_and_strangers_see_nothing(client: Client, cast: Cast) -> None:
    for user, status in ((cast.producer, 403), (cast.stranger, 404)):
        client.force_login(user)
        assert rule(client, use="off").status_code == status
    assert not ModelRule.objects.exists()
    with pytest.raises(ValidationError):
        ModelRule.objects.decide(cast.team, sketch_model(), cast.owner, on=True, projects=[cast.other_project])


def test_it_counts_wherever_takes_are_asked_for(client: Client, cast: Cast) -> None:
    make_key(cast.team)
    [failed] = make_jobs(cast.project, cast.producer, model=gateway_model("1", "generation"))
    failed.cancel()
    ModelRule.objects.decide(cast.team, gateway_model("1", "generation"), cast.owner, on=False)
    with pytest.raises(ValidationError, match="switched off"):
        failed.retry(cast.producer)
    with pytest.raises(ValidationError, match="switched off"):
        race(make_prompt(cast.project, cast.producer), 1, [sketch_model(), gateway_model()], cast.producer)
    asker = Asker(client, issue(cast.team, cast.producer))
    answer = asker("post", "/audio/music", {"model": GATEWAY_MODEL, "prompt": "calm", "duration": 15})
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "model")
    assert "is switched off in Northlight" in answer.json()["error"]["message"]
    listed = asker("get", f"/models/{GATEWAY_MODEL}").json()
    assert not listed["usable"] and "is switched off in Northlight" in listed["reason"]
    err = StringIO()
    with pytest.raises(SystemExit):
        said = ("--team", "northlight", "--model", GATEWAY_MODEL)
        call_command("generate", "calm", *said, stdout=StringIO(), stderr=err)
    assert "switched off" in err.getvalue() and Job.objects.count() == 1


@pytest.mark.parametrize("url", ["/models/", f"/models/{SKETCH_MODEL}/"])
def test_the_public_catalogue_is_closed_unless_the_install_opens_it(client: Client, cast: Cast, settings: Any, url: str) -> None:
    assert client.get(url).url == reverse("account_login")  # type: ignore[attr-defined]
    settings.PUBLIC_MODELS = True
    ModelRule.objects.decide(cast.team, sketch_model(), cast.owner, on=False)
    page = client.get(url).content.decode()
    assert "Studio Sketch" in page and "Northlight" not in page and "Aurora" not in page and "switched off" not in page
    assert client.get("/models/no/such/").status_code == 404
    client.force_login(cast.producer)
    assert client.get(url).url.startswith("/t/northlight/models/")  # type: ignore[attr-defined]
