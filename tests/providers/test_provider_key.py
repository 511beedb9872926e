"""Keys at rest: encrypted, write-only, revocable."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from musicstudio.core import crypto
from musicstudio.providers.models import MusicModel, ProviderKey
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, make_key

SECRET = "sk-aig-canary-4f2a"


def test_the_secret_is_nowhere_in_the_row(cast: Cast) -> None:
    key = make_key(cast.team, SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM providers_providerkey")
        row = str(cursor.fetchall())
    assert SECRET not in row and SECRET not in repr(key) + str(key)
    assert key.last4 == "4f2a" and crypto.decrypt(key.ciphertext) == SECRET


def test_a_client_never_shows_it(cast: Cast) -> None:
    client = make_key(cast.team, SECRET).client()
    assert SECRET not in repr(client) + str(vars(type(client)))


def test_revoking_erases_the_secret(cast: Cast) -> None:
    key = make_key(cast.team, SECRET)
    key.revoke()
    key.refresh_from_db()
    assert (key.state, key.ciphertext) == ("revoked", "")
    assert ProviderKey.objects.for_model(cast.team, MusicModel.objects.get(slug=GATEWAY_MODEL)) is None


def test_a_team_sees_only_its_own_key(cast: Cast) -> None:
    make_key(cast.other_team, SECRET)
    assert ProviderKey.objects.for_model(cast.team, MusicModel.objects.get(slug=GATEWAY_MODEL)) is None


@pytest.mark.parametrize("bad", ["", "short", "with blanks in it", "ключ-ключ-ключ", "a\nb" * 9, "x" * 513])
def test_it_refuses_what_cannot_be_a_key(cast: Cast, bad: str) -> None:
    with pytest.raises(ValidationError):
        make_key(cast.team, bad)
    assert not ProviderKey.objects.exists()


def test_it_refuses_the_same_key_twice(cast: Cast) -> None:
    make_key(cast.team, SECRET)
    with pytest.raises(ValidationError):
        make_key(cast.team, SECRET)


def test_a_text_of_another_key_is_not_readable(settings: object) -> None:
    token = crypto.encrypt(SECRET)
    settings.KEY_ENCRYPTION_KEYS = ["3vbUqYl1Yw4BjZ8r0YB2m6nB7Xc3e1mQG0p2s5u8x-A="]  # type: ignore[attr-defined]
    with pytest.raises(crypto.Undecryptable) as error:
        crypto.decrypt(token)
    assert SECRET not in str(error.value)


def test_an_older_key_still_opens_what_it_wrote(settings: object) -> None:
    token = crypto.encrypt(SECRET)
    new = "3vbUqYl1Yw4BjZ8r0YB2m6nB7Xc3e1mQG0p2s5u8x-A="
    settings.KEY_ENCRYPTION_KEYS = [new, *settings.KEY_ENCRYPTION_KEYS]  # type: ignore[attr-defined]
    assert crypto.decrypt(token) == SECRET
