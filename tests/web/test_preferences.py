"""Theme and single-key shortcuts: cookies that the server reads before the first paint."""

import json

import pytest
from django.test import Client

from tests.conftest import Cast

URL = "/t/northlight/projects/aurora-spring-film/"


def test_the_theme_is_in_the_first_byte_of_the_next_page(as_producer: Client) -> None:
    assert 'data-theme="system" data-keys="on"' in as_producer.get(URL).content.decode()
    response = as_producer.post("/preferences/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"]) == {"ms:prefs": {"theme": "dark", "keys": "on"}}
    assert 'data-theme="dark" data-keys="on"' in as_producer.get(URL).content.decode()


def test_shortcuts_are_switched_off_without_touching_the_theme(as_producer: Client) -> None:
    as_producer.post("/preferences/", {"theme": "light"})
    as_producer.post("/preferences/", {"keys": "off"})
    assert 'data-theme="light" data-keys="off"' in as_producer.get(URL).content.decode()


@pytest.mark.parametrize("said", [{"theme": '"><script>'}, {"keys": "maybe"}, {}])
def test_anything_else_changes_nothing(as_producer: Client, cast: Cast, said: dict[str, str]) -> None:
    assert as_producer.post("/preferences/", said).status_code == 302
    assert 'data-theme="system" data-keys="on"' in as_producer.get(URL).content.decode()


def test_a_forged_cookie_is_ignored(as_producer: Client) -> None:
    as_producer.cookies["theme"] = "<script>"
    assert 'data-theme="system"' in as_producer.get(URL).content.decode()
