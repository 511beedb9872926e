"""What the forms of the members page read. What is allowed is decided by the verbs they hand it to."""

from typing import Any

from django import forms
from django.http import QueryDict

from musicstudio.accounts.models import Role, Team
from musicstudio.projects.models import Project
from musicstudio.projects.places import chosen

DAYS = (("1", "a day"), ("7", "a week"), ("30", "30 days"))


class InviteForm(forms.Form):
    """Who is invited, as what, for how long the link works, and which projects they will see."""

    email = forms.CharField(required=False, max_length=254)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.PRODUCER)
    days = forms.ChoiceField(choices=DAYS, initial="7", required=False)

    def arguments(self, team: Team) -> dict[str, Any]:
        """For `places.invite`; raises ValidationError for projects that are not there."""
        said = self.cleaned_data
        return {"role": said["role"], "email": said["email"], "days": int(said["days"] or 7), "projects": seen(team, self.data)}


class JoinForm(forms.Form):
    """A new person."""

    email = forms.CharField(required=False, max_length=254)
    name = forms.CharField(max_length=120, error_messages={"required": "Write your name; the team sees it."})
    password = forms.CharField(strip=False, max_length=4096, error_messages={"required": "Choose a password."})


def seen(team: Team, data: Any) -> list[Project] | None:
    """The projects that were ticked, or None where every project is meant."""
    words: QueryDict = data
    return chosen(team, words.getlist("projects")) if words.get("sees") == "chosen" else None
