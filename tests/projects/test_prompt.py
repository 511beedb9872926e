"""A prompt never changes; a change makes a child."""

import pytest

from musicstudio.projects.models import ChangedPrompt, Prompt
from tests.conftest import Cast
from tests.factories import make_prompt


def test_it_is_written_once(cast: Cast) -> None:
    prompt = make_prompt(cast.project, cast.producer)
    prompt.save()
    prompt.text = "something else"
    with pytest.raises(ChangedPrompt):
        prompt.save()
    with pytest.raises(ChangedPrompt):
        Prompt.objects.update(text="something else")
    prompt.refresh_from_db()
    assert prompt.text == "lo-fi piano with light rain"


def test_a_change_makes_a_child(cast: Cast) -> None:
    prompt = make_prompt(cast.project, cast.producer)
    prompt.save()
    child = prompt.change(cast.owner, text="lo-fi piano, no rain", duration_ms=30_000)
    assert (child.parent, child.text, child.format, child.created_by) == (prompt, "lo-fi piano, no rain", "mp3", cast.owner)
    assert prompt.change(cast.owner, text=prompt.text) is prompt
    with pytest.raises(TypeError):
        prompt.change(cast.owner, created_at=None)


def test_the_same_words_are_the_same_prompt(cast: Cast) -> None:
    first = Prompt.objects.write(make_prompt(cast.project, cast.producer))
    assert Prompt.objects.write(make_prompt(cast.project, cast.owner)) == first
    assert Prompt.objects.write(make_prompt(cast.project, cast.owner, duration_ms=16_000)) != first
    assert Prompt.objects.write(make_prompt(cast.other_project, cast.stranger)) != first
