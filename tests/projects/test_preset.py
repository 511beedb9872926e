"""Presets: what a project's compose panel begins with."""

import pytest
from django.core.exceptions import ValidationError

from musicstudio.projects.models import Preset
from tests.conftest import Cast


def test_a_preset_keeps_its_style_words_once_and_in_order(cast: Cast) -> None:
    preset = Preset.objects.keep(
        cast.project, "  Film   beds ", styles=["warm", " Analog ", "warm", "WARM", ""], duration_ms=90_000
    )
    preset.refresh_from_db()
    assert (preset.name, preset.styles, preset.duration_ms, preset.is_default) == ("Film beds", ["warm", "Analog"], 90_000, False)


def test_a_project_has_one_default(cast: Cast) -> None:
    first = Preset.objects.keep(cast.project, "Beds", is_default=True)
    second = Preset.objects.keep(cast.project, "Loops", is_default=True)
    assert Preset.objects.default_of(cast.project) == second
    Preset.objects.keep(cast.project, "Beds", pk=first.pk, is_default=True)
    assert Preset.objects.default_of(cast.project) == first and Preset.objects.count() == 2
    assert Preset.objects.default_of(cast.other_project) is None


@pytest.mark.parametrize(
    ("name", "sets", "field"),
    [
        (" ", {}, "name"),
        ("x" * 41, {}, "name"),
        ("BEDS", {}, "name"),
        ("Loops", {"styles": ["x" * 41]}, "styles"),
        ("Loops", {"styles": [f"w{n}" for n in range(13)]}, "styles"),
        ("Loops", {"styles": ["a\x00b"]}, "styles"),
    ],
)
def test_a_bad_preset_is_refused_beside_its_field(cast: Cast, name: str, sets: dict[str, list[str]], field: str) -> None:
    Preset.objects.keep(cast.project, "Beds")
    with pytest.raises(ValidationError) as refused:
        Preset.objects.keep(cast.project, name, **sets)
    assert list(refused.value.message_dict) == [field] and Preset.objects.count() == 1
