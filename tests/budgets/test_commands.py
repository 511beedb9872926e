"""The ledger from the terminal."""

from io import StringIO

import pytest
from django.core.management import call_command

from musicstudio.budgets.models import Bucket, Cap, LedgerCheck
from tests.conftest import Cast
from tests.factories import make_key


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


def refused(*words: str) -> str:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(*words, stdout=out, stderr=out)
    assert ended.value.code == 2
    return out.getvalue()


def test_cap_set_and_show(cast: Cast) -> None:
    make_key(cast.team)
    run("cap", "set", "20", "--team", "northlight", "--member", "pia@northlight.example")
    run("cap", "set", "1.50", "--team", "northlight", "--period", "take", "--on-exceed", "stop")
    shown = run("cap", "set", "30", "--team", "northlight", "--key", "6789", "--period", "total", "--rollover", "off")
    assert "Pia Duval: $20.00 per month, $0.00 settled, $0.00 held, $20.00 left, ask an admin" in shown
    assert "Northlight: $1.50 per take, stop" in shown and "$30.00 in total" in shown
    assert run("cap", "show", "--team", "northlight") == shown


def test_cap_remove(cast: Cast) -> None:
    run("cap", "set", "20", "--team", "northlight", "--project", "aurora-spring-film")
    assert "Aurora" not in run("cap", "remove", "--team", "northlight", "--project", "aurora-spring-film")
    assert "keeps one cap" in refused("cap", "remove", "--team", "northlight")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "20"], "Name the team"),
        (["set", "--team", "northlight"], "Write the limit"),
        (["set", "much", "--team", "northlight"], "no amount"),
        (["set", "0", "--team", "northlight"], "more than $0"),
        (["set", "5", "--team", "northlight", "--member", "sam@elsewhere.example"], "is not in"),
        (["set", "5", "--team", "northlight", "--project", "secret-album"], "has no project"),
        (["set", "5", "--team", "northlight", "--key", "0000"], "has 0 keys"),
        (["remove", "--team", "northlight", "--period", "total"], "no such cap"),
    ],
)
def test_cap_refuses_what_makes_no_sense(cast: Cast, words: list[str], said: str) -> None:
    assert said in refused("cap", *words)
    assert Cap.objects.filter(team=cast.team).count() == 1


def test_grant(cast: Cast) -> None:
    said = run("grant", "15", "--team", "northlight", "--reason", "deadline", "--days", "3")
    assert said == "Northlight: $65.00 left of $65.00.\n"
    assert "more than $0" in refused("grant", "0", "--team", "northlight", "--reason", "none")


def test_verify_ledger_tells_by_its_exit_code(cast: Cast) -> None:
    assert "The ledger is sound: 0 holds" in run("verify_ledger")
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    Bucket.objects.filter(pk=cap.bucket().pk).update(held_micros=5)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", stdout=StringIO(), stderr=out)
    assert ended.value.code == 1 and "not the sums of its entries" in out.getvalue()
    assert LedgerCheck.objects.count() == 2
