"""What the forms of rounds read. What is allowed is decided by the verbs they hand it to."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from musicstudio.accounts.access import sees
from musicstudio.accounts.models import Membership, Role, Team
from musicstudio.projects.models import Project
from musicstudio.review.rounds import MOST_REASONS, REASONS

WHEN = {"required": "Choose a day and a time.", "invalid": "Write a day and a time, like 2026-12-01 18:00."}
LONG = {"max_length": "That is longer than %(limit_value)d characters."}


def voters_of(team: Team, project: Project) -> list[Membership]:
    """Members who may vote on the project's tracks: reviewers and up who see it."""
    places = team.memberships.select_related("user", "team").filter(user__is_active=True).order_by("created_at", "pk")
    return [place for place in places if place.may(Role.REVIEWER) and sees(place, project)]


def usual_deadline() -> datetime:
    """Three days on, at six in the evening of the time zone in force."""
    day = timezone.localdate() + timedelta(days=3)
    return datetime.combine(day, time(18))


class RoundForm(forms.Form):
    """A new round. To be read in the team's time zone."""

    title = forms.CharField(max_length=120, error_messages={"required": "Give the round a title."} | LONG)
    question = forms.CharField(required=False, max_length=200, error_messages=LONG)
    note = forms.CharField(required=False, max_length=2000, error_messages=LONG)
    deadline = forms.DateTimeField(error_messages=WHEN)
    blind = forms.BooleanField(required=False)
    min_seconds = forms.IntegerField(min_value=0, max_value=60, error_messages={"required": "Write 0 to 60 seconds."})
    heat = forms.TypedChoiceField(choices=[(2, "Pairs"), (4, "Fours")], coerce=int, required=False)
    reasons = forms.MultipleChoiceField(choices=[(word, word) for word in REASONS], required=False)
    more_reasons = forms.CharField(required=False, max_length=300, error_messages=LONG)
    voters = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": "Choose who votes."})

    def __init__(self, data: Any, places: list[Membership], title: str = "") -> None:
        usual = {"title": title, "deadline": usual_deadline(), "blind": True, "min_seconds": 10, "heat": 2}
        usual |= {"reasons": list(REASONS), "voters": [place.pk for place in places], "more_reasons": ""}
        super().__init__(data, initial=usual)
        self.places = {place.pk: place for place in places}
        self.fields["voters"].choices = [(pk, str(place.user)) for pk, place in self.places.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        own = [" ".join(word.split())[:40] for word in said.pop("more_reasons", "").split(",")]
        said["reasons"] = list(dict.fromkeys([*said.get("reasons", []), *(word for word in own if word)]))
        if len(said["reasons"]) > MOST_REASONS:
            self.add_error("more_reasons", f"A round offers {MOST_REASONS} reasons at most.")
        said["heat"] = said.get("heat") or 2
        said["voters"] = [self.places[pk] for pk in said.get("voters", [])]
        return said

    def reject(self, error: ValidationError) -> None:
        """Puts the verb's messages beside the fields."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else None, messages)


class ExtendForm(forms.Form):
    """A later deadline. To be read in the team's time zone."""

    deadline = forms.DateTimeField(error_messages=WHEN)
