"""What the forms of budgets, prices and connections read. What is allowed is decided by the verbs they hand it to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from musicstudio.budgets.models import OnExceed, Period
from musicstudio.providers.connections import FeeWhen
from musicstudio.providers.models import Unit
from musicstudio.web.forms import DollarField

AMOUNT = {"required": "Write an amount in US dollars, like 50."}


class CapForm(forms.Form):
    """A cap of the team, a member, a project or a key."""

    target = forms.CharField(max_length=60)
    period = forms.ChoiceField(choices=Period.choices)
    limit = DollarField(error_messages=AMOUNT)
    on_exceed = forms.ChoiceField(choices=OnExceed.choices)
    rollover = forms.BooleanField(required=False)

    def clean_limit(self) -> int:
        """From $0 on; what a scope allows, the verb says."""
        micros = self.cleaned_data["limit"]
        if micros is None or micros < 0:
            raise ValidationError("A cap is never below $0.")
        return int(micros)


class GrantForm(forms.Form):
    """Extra room in a cap."""

    amount = DollarField(error_messages=AMOUNT)
    reason = forms.CharField(max_length=300, error_messages={"required": "Say what it is for."})
    days = forms.IntegerField(required=False, min_value=1, max_value=366)


class DecideForm(forms.Form):
    """An admin's answer to a request."""

    answer = forms.CharField(required=False, max_length=500)
    extra = DollarField(required=False)
    days = forms.IntegerField(required=False, min_value=1, max_value=366)


class PriceForm(forms.Form):
    """A new price of a model."""

    amount = DollarField(required=False)
    unit = forms.ChoiceField(choices=Unit.choices)
    step = forms.ChoiceField(choices=[("1", "exactly"), ("1000", "by the second"), ("60000", "by the whole minute")])
    minimum = DollarField(required=False)
    tiers = forms.CharField(required=False, max_length=1000)
    source = forms.CharField(max_length=200, error_messages={"required": "Say where the price comes from."})
    verified = forms.BooleanField(required=False)

    def clean_tiers(self) -> list[list[int]]:
        """`60 = 0.69` a line: seconds and dollars."""
        rows = []
        for line in self.cleaned_data["tiers"].splitlines():
            if line.strip():
                seconds, _, dollars = line.partition("=")
                try:
                    rows.append([round(float(seconds) * 1000), DollarField().clean(dollars) or 0])
                except (ValueError, OverflowError):
                    raise ValidationError("Write one tier a line: seconds = dollars, like 60 = 0.69.") from None
        return rows

    def terms(self) -> dict[str, Any]:
        """For `Price.objects.enter`."""
        said = self.cleaned_data
        plain = {"unit": said["unit"], "source": said["source"], "verified": said["verified"], "tiers": said["tiers"]}
        return plain | {
            "amount_micros": said["amount"] or 0,
            "minimum_micros": said["minimum"] or 0,
            "round_up_ms": int(said["step"]),
        }


class ConnectionForm(forms.Form):
    """How a provider bills the team."""

    fee = forms.ChoiceField(choices=FeeWhen.choices)
    percent = forms.DecimalField(min_value=0, max_value=100, max_digits=5, decimal_places=2)
    caps_count_fee = forms.BooleanField(required=False)
    send_own_key = forms.BooleanField(required=False)
    own_key = forms.CharField(required=False, max_length=512)


class TopUpForm(forms.Form):
    """Credit that was bought."""

    paid = DollarField(error_messages=AMOUNT)
    fee = DollarField(required=False)
    note = forms.CharField(required=False, max_length=200)


class AskForm(forms.Form):
    """Why somebody needs more."""

    reason = forms.CharField(max_length=500, error_messages={"required": "Say in a few words why."})
