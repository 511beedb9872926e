"""The settings of a team: members, the cap, the keys."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.budgets.models import Cap
from musicstudio.providers.models import KeyState, ProviderKey
from tests.conftest import Cast
from tests.factories import make_key

URL = reverse("settings", args=["northlight"])
SECRET = "sk-aig-secret-987654321"


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def test_it_lists_members_cap_and_keys(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team, SECRET)
    page = as_owner.get(URL).content.decode()
    assert "pia@northlight.example" in page and "Producer" in page and "left of $50.00" in page
    assert "•••• 4321" in page and SECRET not in page


def test_it_sets_the_cap(as_owner: Client, cast: Cast) -> None:
    assert as_owner.post(reverse("set_cap", args=["northlight"]), {"cap": "$120.50"})["Location"] == URL
    assert Cap.objects.get(team=cast.team).limit_micros == 120_500_000
    assert Cap.objects.of(cast.team).bucket().limit_micros == 120_500_000


@pytest.mark.parametrize("cap", ["", "0", "-5", "abc", "NaN", "1e30"])
def test_it_refuses_a_bad_cap_beside_the_field(as_owner: Client, cast: Cast, cap: str) -> None:
    response = as_owner.post(reverse("set_cap", args=["northlight"]), {"cap": cap})
    assert response.status_code == 422 and b'id="id_cap"' in response.content and b'aria-invalid="true"' in response.content
    assert Cap.objects.get(team=cast.team).limit_micros == 50_000_000


def test_it_stores_a_key_and_never_shows_it_again(as_owner: Client, cast: Cast) -> None:
    said = {"provider": "aigateway", "secret": SECRET, "label": "Main"}
    assert as_owner.post(reverse("add_key", args=["northlight"]), said)["Location"] == URL
    key = ProviderKey.objects.get(team=cast.team)
    assert key.label == "Main" and SECRET not in key.ciphertext and SECRET not in as_owner.get(URL).content.decode()


@pytest.mark.parametrize(
    "said", [{"secret": ""}, {"secret": "short"}, {"secret": "has blanks in it"}, {"provider": "sketch"}, {"provider": "x"}]
)
def test_it_refuses_a_bad_key_without_repeating_it(as_owner: Client, said: dict[str, str]) -> None:
    response = as_owner.post(reverse("add_key", args=["northlight"]), {"provider": "aigateway", "secret": SECRET} | said)
    assert response.status_code == 422 and not ProviderKey.objects.exists()
    assert SECRET.encode() not in response.content and b"has blanks" not in response.content


def test_the_same_key_twice_is_refused(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team, SECRET)
    response = as_owner.post(reverse("add_key", args=["northlight"]), {"provider": "aigateway", "secret": SECRET})
    assert response.status_code == 422 and b"The team already has this key." in response.content


def test_a_revoked_key_disappears_with_its_secret(as_owner: Client, cast: Cast) -> None:
    key = make_key(cast.team, SECRET)
    assert as_owner.post(reverse("revoke_key", args=["northlight", key.pk])).status_code == 302
    key.refresh_from_db()
    assert key.state == KeyState.REVOKED and key.ciphertext == ""
    assert b"4321" not in as_owner.get(URL).content


def test_below_admin_everything_is_forbidden_and_strangers_get_404(client: Client, cast: Cast) -> None:
    key = make_key(cast.team, SECRET)
    for user, status in ((cast.producer, 403), (cast.stranger, 404)):
        client.force_login(user)
        assert client.get(URL).status_code == status
        assert client.post(reverse("set_cap", args=["northlight"]), {"cap": "1"}).status_code == status
        assert client.post(reverse("add_key", args=["northlight"]), {"secret": "x" * 20}).status_code == status
        assert client.post(reverse("revoke_key", args=["northlight", key.pk])).status_code == status
    client.force_login(cast.stranger)
    assert client.post(reverse("revoke_key", args=["elsewhere", key.pk])).status_code == 404
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE and Cap.objects.get(team=cast.team).limit_micros == 50_000_000
