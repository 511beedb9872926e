"""What is known about the terms under which a model's music may be used. A note, not advice; it is copied into every job."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction

from musicstudio.accounts.access import team_wide
from musicstudio.accounts.audit import AuditEvent
from musicstudio.accounts.models import Team, User

if TYPE_CHECKING:
    from musicstudio.providers.models import MusicModel

LONGEST = 2000
UNKNOWN = "The studio knew no terms of use for this model when the take was asked for."


class TermsNoteQuerySet(models.QuerySet["TermsNote"]):
    """Writes and finds notes; the newest counts, older ones stay."""

    @transaction.atomic
    def note(self, team: Team, model: "MusicModel", text: str, url: str, by: User) -> "TermsNote":
        """The team's note about a model from now on. Raises ValidationError for an empty or too long text or a bad address."""
        text, url = text.strip(), url.strip()
        wrong = {}
        if not 1 <= len(text) <= LONGEST:
            wrong["text"] = f"Write 1 to {LONGEST:,} characters."
        if url:
            try:
                URLValidator(["http", "https"])(url)
            except ValidationError:
                wrong["url"] = "Paste the address of the page, like https://example.com/terms."
        if wrong:
            raise ValidationError(wrong)
        before = self.of(team, model)
        AuditEvent.objects.note(team, by, "model.terms", model, before.text if before else "", text)
        return self.create(team=team, model=model, text=text, url=url, by=by)

    def of(self, team: Team, model: "MusicModel") -> "TermsNote | None":
        """The one that counts."""
        return self.filter(team=team, model=model).select_related("by").order_by("-pk").first()


@team_wide
class TermsNote(models.Model):
    """What a team's admin read about a model's terms, and where."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    model = models.ForeignKey("providers.MusicModel", models.CASCADE, related_name="terms_notes")
    text = models.TextField(max_length=LONGEST)
    url = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = TermsNoteQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "model"], name="terms_note_model")]

    def __str__(self) -> str:
        return self.text[:60]


def captured(team: Team, model: "MusicModel") -> dict[str, str]:
    """What is known about the model's terms now, as a job keeps it: the team's note, else the catalogue's, else nothing."""
    if note := TermsNote.objects.of(team, model):
        return {"text": note.text, "url": note.url, "source": f"noted by {note.by.display_name}", "at": note.at.isoformat()}
    if model.terms:
        return {"text": model.terms, "url": "", "source": "the studio's catalogue", "at": ""}
    return {"text": UNKNOWN, "url": "", "source": "", "at": ""}
