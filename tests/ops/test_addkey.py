"""manage.py addkey: a key comes in, and only its last four characters ever come out."""

import io

import pytest
from django.core.management import call_command

from musicstudio.core import crypto
from musicstudio.providers.models import ProviderKey
from tests.conftest import Cast

SECRET = "sk-aig-0123456789abcdef"
NO_KEY = "key: That does not look like a key: 8 to 512 letters and digits without blanks."


def addkey(monkeypatch: pytest.MonkeyPatch, said: str, *words: str, team: str = "northlight") -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    call_command("addkey", *(words or ["aigateway"]), team=team)


def test_it_stores_the_key_encrypted_and_never_shows_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    addkey(monkeypatch, f"  {SECRET}\n")
    key = ProviderKey.objects.get()
    assert (key.team, key.provider, key.state) == (cast.team, "aigateway", "active")
    assert SECRET not in key.ciphertext
    assert crypto.decrypt(key.ciphertext) == SECRET
    told = capsys.readouterr()
    assert (told.out, told.err) == ("Added AIgateway •••• cdef to Northlight.\n", "")


def test_it_asks_without_echo_on_a_terminal(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", Terminal("not this\n"))
    monkeypatch.setattr("musicstudio.providers.management.commands.addkey.getpass", lambda prompt: asked.append(prompt) or SECRET)
    call_command("addkey", "aigateway", team="northlight", label="Film budget")
    assert asked == ["Key: "]
    assert str(ProviderKey.objects.get()) == "Film budget •••• cdef"
    assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "words", "team", "line"),
    [
        ("", ["aigateway"], "northlight", NO_KEY),
        ("sk blank blank", ["aigateway"], "northlight", NO_KEY),
        (SECRET, ["aigateway"], "nobody", "There is no team “nobody”. Teams: elsewhere, northlight."),
        (SECRET, ["sketch"], "northlight", "“sketch” takes no key here. Providers with keys: aigateway."),
    ],
)
def test_what_is_wrong_is_one_line(
    said: str,
    words: list[str],
    team: str,
    line: str,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        addkey(monkeypatch, said, *words, team=team)
    assert (ended.value.code, capsys.readouterr().err) == (2, line + "\n")
    assert not ProviderKey.objects.exists()


def test_the_same_key_is_not_added_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    addkey(monkeypatch, SECRET)
    with pytest.raises(SystemExit):
        addkey(monkeypatch, SECRET)
    assert capsys.readouterr().err == "key: The team already has this key.\n"
    assert ProviderKey.objects.count() == 1
