"""What the forms of the web room read. What is allowed is decided by the verbs they hand it to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from musicstudio.accounts.models import User
from musicstudio.core.money import sign, to_micros
from musicstudio.generation.compose import DurationField
from musicstudio.library.approvals import deciders_of
from musicstudio.library.decide import change_rule
from musicstudio.projects.models import Format, Preset, Project
from musicstudio.providers.models import MusicModel, Provider

STARTERS = (
    "Lo-fi piano with light rain, slow and warm",
    "Ambient pads over a soft pulse, wide and calm",
    "Bright folk guitar at 100 bpm, morning light",
)


class DollarField(forms.CharField):
    """An amount like `50` or `49.90`; cleans to micros, None when empty."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip().removeprefix(sign.get()).removeprefix("$").replace(" ", "")
        if not text:
            return None
        try:
            return to_micros(text)
        except ValueError:
            raise ValidationError("Write an amount in US dollars, like 50.") from None


class SetupForm(forms.Form):
    """The first person, the team, and what they want to hear first."""

    email = forms.CharField(max_length=254, error_messages={"required": "Write your e-mail address."})
    password = forms.CharField(strip=False, max_length=4096, error_messages={"required": "Choose a password."})
    name = forms.CharField(required=False, max_length=120)
    team_name = forms.CharField(max_length=80, error_messages={"required": "Name your team."})
    time_zone = forms.CharField(max_length=64, initial="UTC", error_messages={"required": "Choose a time zone."})
    cap = DollarField(initial="50", error_messages={"required": "Set a monthly cap, like 50."})
    prompt = forms.CharField(required=False, max_length=2000, initial=STARTERS[0])

    def arguments(self) -> dict[str, Any]:
        """For `setup.set_up`."""
        said = self.cleaned_data
        wanted = {name: said[name] for name in ("email", "password", "name", "team_name", "time_zone")}
        return wanted | {"cap_micros": said["cap"]}

    def reject(self, error: ValidationError) -> None:
        """Puts the verb's messages beside the fields."""
        for name, messages in error.message_dict.items():
            self.add_error("cap" if name == "cap_micros" else name, messages)


class ProjectForm(forms.Form):
    """A new project."""

    name = forms.CharField(max_length=80, error_messages={"required": "Name the project."})
    brief = forms.CharField(required=False, max_length=2000)


class BriefForm(forms.Form):
    """A project's name, brief and due date."""

    name = forms.CharField(max_length=80, error_messages={"required": "Name the project."})
    brief = forms.CharField(required=False, max_length=2000)
    due_on = forms.DateField(required=False, error_messages={"invalid": "Write the day like 2026-12-03."})

    def __init__(self, *args: Any, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        self.project = project
        self.initial = {"name": project.name, "brief": project.brief, "due_on": project.due_on}

    def save(self) -> bool:
        """Hands it to the project; False when that refused, with the messages beside the fields."""
        try:
            self.project.describe(**self.cleaned_data)
        except ValidationError as refused:
            for field, said in refused.message_dict.items():
                self.add_error(field, said)
        return not self.errors


class RuleForm(forms.Form):
    """What makes a track of the project approved."""

    needed = forms.IntegerField(error_messages={"required": "Say how many.", "invalid": "Write a number, like 2."})
    approvers = forms.MultipleChoiceField(required=False)
    asks_use = forms.BooleanField(required=False)

    def __init__(self, *args: Any, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        self.project, self.people = project, deciders_of(project)
        self.fields["approvers"].choices = [(str(person.pk), person.display_name) for person in self.people]  # type: ignore[attr-defined]
        self.initial = {"needed": project.needed, "asks_use": project.asks_use}
        self.initial["approvers"] = [str(person.pk) for person in project.approvers.all()]

    def save(self, by: User) -> bool:
        """Hands it to the project; False when that refused, with the messages beside the fields."""
        people = [person for person in self.people if str(person.pk) in self.cleaned_data["approvers"]]
        try:
            change_rule(self.project, self.cleaned_data["needed"], people, self.cleaned_data["asks_use"], by)
        except ValidationError as refused:
            for field, said in refused.message_dict.items():
                self.add_error(field, said)
        return not self.errors


class PresetForm(forms.Form):
    """A preset of the compose panel. `pk`: the one that is changed."""

    name = forms.CharField(max_length=40, error_messages={"required": "Name the preset."})
    styles = forms.CharField(required=False, max_length=600)
    model_slug = forms.CharField(required=False, max_length=120)
    seconds = forms.CharField(required=False, max_length=12)
    format = forms.ChoiceField(required=False, choices=[("", "as last time"), *Format.choices])
    instrumental = forms.BooleanField(required=False)
    is_default = forms.BooleanField(required=False)

    def __init__(self, *args: Any, project: Project, pk: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.project, self.pk = project, pk

    def clean_model_slug(self) -> str:
        """Empty, or a model there is."""
        slug = str(self.cleaned_data["model_slug"])
        if slug and not MusicModel.objects.enabled().filter(slug=slug).exists():
            raise ValidationError("There is no such model. Choose one of the list.")
        return slug

    def clean_seconds(self) -> int | None:
        """Milliseconds, or None when left empty."""
        text = str(self.cleaned_data["seconds"]).strip()
        return DurationField().clean(text) or None if text else None

    @property
    def shown(self) -> dict[str, Any]:
        """What stands in the fields: what was sent, or an empty preset."""
        sent = {name: self.data.get(name, "") for name in self.fields} if self.is_bound else {"instrumental": True}
        return sent | {"words": sent.get("styles", ""), "length": sent.get("seconds", "")}

    def save(self) -> Preset | None:
        """Hands it to `Preset.objects.keep`; None when that refused, with the messages beside the fields."""
        said = dict(self.cleaned_data)
        sets = {"styles": said.pop("styles").split(","), "duration_ms": said.pop("seconds")}
        try:
            return Preset.objects.keep(self.project, pk=self.pk, **said, **sets)
        except ValidationError as refused:
            for field, messages in refused.message_dict.items():
                self.add_error(field, messages)
            return None


class CapForm(forms.Form):
    """The team's monthly cap."""

    cap = DollarField(error_messages={"required": "Write an amount in US dollars, like 50."})

    def clean_cap(self) -> int:
        """Above zero: a cap of 0 would only say what "no key" says better."""
        micros = self.cleaned_data["cap"]
        if not micros or micros <= 0:
            raise ValidationError("A cap must be more than $0. Free models run without using it.")
        return int(micros)


class KeyForm(forms.Form):
    """A provider key; the secret is never shown again."""

    provider = forms.ChoiceField(
        choices=[(value, label) for value, label in Provider.choices if value != Provider.SKETCH],
        error_messages={"required": "Choose a provider.", "invalid_choice": "Choose a provider of the list."},
    )
    secret = forms.CharField(max_length=600, error_messages={"required": "Paste the key."})
    label = forms.CharField(required=False, max_length=60)

    def reject(self, error: ValidationError) -> None:
        """Puts the verb's messages beside the fields."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else "secret", messages)
