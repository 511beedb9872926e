"""The compose form: what it reads, and the prompt it makes of it. What stands around it is in panel.py."""

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team, User
from musicstudio.budgets.models import OverCap
from musicstudio.generation.models import Job
from musicstudio.generation.race import LANES, race
from musicstudio.generation.submit import MAX_SEED, MAX_TAKES
from musicstudio.library.models import Track
from musicstudio.projects.models import Format, Project, Prompt
from musicstudio.projects.presets import style_words
from musicstudio.providers.models import MusicModel

MAX_MS = 2**31 - 1  # what the column holds; the model's own limit is checked by the verb


class DurationField(forms.CharField):
    """Seconds as people write them (`30`, `12.5`, `12,5`); cleans to milliseconds."""

    def clean(self, value: Any) -> int:
        text = super().clean(value).strip().replace(",", ".")
        try:
            ms = (Decimal(text) * 1000).to_integral_value()
            if abs(ms) > MAX_MS:
                raise ValidationError("That is too long.")
        except InvalidOperation:
            raise ValidationError("Write the length in seconds, like 30.") from None
        if ms < 0:
            raise ValidationError("A length is more than 0 seconds.")
        return int(ms)


class WholeField(forms.CharField):
    """A whole number, or None when left empty."""

    def __init__(self, message: str, **options: Any) -> None:
        super().__init__(**options)
        self.message = message

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
            raise ValidationError(self.message)
        return int(text)


class ManyField(forms.Field):
    """Every value sent under the name; cleans to a list of strings."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        return [str(text).replace("\0", "") for text in value or []]


class ComposeForm(forms.Form):
    """Reads the fields; what a model can do is decided by the verbs, whose messages come back through `reject`."""

    text = forms.CharField(required=False, strip=True)
    chips = ManyField(required=False)
    lyrics = forms.CharField(required=False, strip=True)
    duration = DurationField(error_messages={"required": "Write the length in seconds, like 30."})
    takes = WholeField(f"Ask for 1 to {MAX_TAKES} takes.", error_messages={"required": f"Ask for 1 to {MAX_TAKES} takes."})
    format = forms.CharField(required=False)
    instrumental = forms.BooleanField(required=False)
    model = forms.CharField(required=False)
    race = forms.BooleanField(required=False)
    lanes = ManyField(required=False)
    seed = WholeField(f"A seed is a whole number from 0 to {MAX_SEED - MAX_TAKES:,}.", required=False)
    parent = forms.UUIDField(required=False)
    track = forms.UUIDField(required=False)
    batch = forms.UUIDField(required=False)
    cost = WholeField("", required=False)
    may_ask = False  # the caps refused it, and they take requests

    def clean_chips(self) -> str:
        """The words of style as they are sent; a comma parts two words."""
        try:
            return ", ".join(style_words(word for text in self.cleaned_data["chips"] for word in text.split(",")))
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def clean(self) -> dict[str, Any]:
        """Finds the models: one, or the lanes of a race."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        wanted = list(dict.fromkeys(said.get("lanes", []))) if said.get("race") else [said.get("model", "")]
        found = {model.slug: model for model in MusicModel.objects.filter(slug__in=[slug[:200] for slug in wanted])}
        said["models"] = [found[slug] for slug in wanted if slug in found]
        if said.get("race") and len(wanted) not in LANES:
            self.add_error("model", f"A race takes {LANES.start} to {LANES.stop - 1} models.")
        elif len(said["models"]) < len(wanted):
            self.add_error("model", "There is no such model. Choose one of the list." if any(wanted) else "Choose a model.")
        return said

    def based_on(self, team: Team) -> Track | None:
        """The team's track that it was varied from."""
        pk = self.cleaned_data.get("track")
        return visible(Track.objects.filter(team=team, pk=pk), team).first() if pk else None

    def prompt(self, project: Project, by: User) -> Prompt:
        """The unsaved prompt; a child of the one it was filled from, or that one itself when nothing was changed."""
        said = self.cleaned_data
        words = {
            "text": said["text"],
            "chips": said["chips"],
            "lyrics": "" if said["instrumental"] else said["lyrics"],
            "duration_ms": said["duration"],
            "format": said["format"] or Format.MP3,
            "instrumental": said["instrumental"],
            "model_slug": said["models"][0].slug,
        }
        prompts = visible(Prompt.objects.filter(project__team=project.team), project.team)
        parent = prompts.filter(pk=said["parent"]).first() if said["parent"] else None
        if parent and parent.project_id == project.pk and all(getattr(parent, word) == value for word, value in words.items()):
            return parent
        return Prompt(project=project, parent=parent, created_by=by, **words)

    def request(self, project: Project) -> dict[str, Any]:
        """What the verbs are told beside prompt, takes and model."""
        said = self.cleaned_data
        return {"batch": said["batch"] or uuid.uuid4(), "agreed_micros": said["cost"], "based_on": self.based_on(project.team)}

    def submit(self, project: Project, by: User) -> bool:
        """Hands the request to the verb; False when it was refused, with the messages in the form."""
        said, prompt, how = self.cleaned_data, self.prompt(project, by), self.request(project)
        try:
            if said["race"]:
                race(prompt, said["takes"], said["models"], by, **how)
            else:
                Job.objects.submit(prompt, said["takes"], said["models"][0], by, seed=said["seed"], **how)
        except ValidationError as refused:
            self.reject(refused)
            self.may_ask = not said["race"] and isinstance(refused.__cause__, OverCap) and refused.__cause__.may_ask
        return self.is_valid()

    def reject(self, error: ValidationError) -> None:
        """Puts the verb's messages beside the fields."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else "cost", messages)
