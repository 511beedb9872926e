"""What was asked before: a project's prompts, one's favourites, and the team's recipes ranked by what became of their takes."""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team, User
from musicstudio.library.models import Status, Track
from musicstudio.projects.models import Project, Prompt, PromptFavourite, Recipe
from musicstudio.providers.models import MusicModel

SHOWN = 40
SHOWS = {"": "All", "mine": "Mine", "starred": "Starred", "recipes": "Recipes"}
KEPT = (Status.APPROVED, Status.SHORTLISTED)
DECIDED = (Status.APPROVED, Status.CHANGES, Status.REJECTED)
Words = tuple[str, str, str, bool, str]


@dataclass(frozen=True)
class Figures:
    """What became of the takes made with some words. Amounts in micros."""

    takes: int = 0
    decided: int = 0
    approved: int = 0
    cost_micros: int = 0

    @property
    def rate(self) -> int | None:
        """Approved of decided takes, in per cent; None without decisions."""
        return round(100 * self.approved / self.decided) if self.decided else None

    @property
    def each_micros(self) -> int | None:
        """What a take cost in the mean, rounded to cents; None without takes."""
        return round(self.cost_micros / self.takes) if self.takes else None

    @property
    def rank(self) -> tuple[float, int, int]:
        """Best first: the lower bound of the approval rate (Wilson score interval, 95 %), so that one lucky take does not
        lead; then the cheaper one.
        """
        bound = -1.0
        if n := self.decided:
            z, p = 1.96, self.approved / n
            bound = (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
        return (-bound, self.each_micros if self.each_micros is not None else 2**63, -self.takes)


@dataclass(frozen=True)
class Ranked:
    """A recipe with its figures and the name of its model."""

    recipe: Recipe
    figures: Figures
    model: str


@dataclass
class History:
    """The drawer for one person in one project. `show`: "", mine, starred or recipes; anything else counts as ""."""

    project: Project
    user: User
    q: str = ""
    show: str = ""

    def __post_init__(self) -> None:
        self.show = self.show if self.show in SHOWS else ""

    @property
    def shows(self) -> list[tuple[str, str]]:
        """Values and labels of the switch."""
        return list(SHOWS.items())

    @cached_property
    def prompts(self) -> list[Prompt]:
        """Newest first, each with `asked`, `arrived`, `kept`, `rejected`, `spent` and `is_starred`. Starred ones come from
        every project of the team.
        """
        marks = PromptFavourite.objects.filter(prompt=OuterRef("pk"), user=self.user)
        rows = Prompt.objects.annotate(is_starred=Exists(marks)).select_related("created_by", "project")
        if self.show == "starred":
            rows = visible(rows.filter(is_starred=True, project__team=self.project.team), self.project.team)
        else:
            rows = rows.filter(project=self.project, jobs__isnull=False)
        if self.show == "mine":
            rows = rows.filter(created_by=self.user)
        for word in self.q.split()[:8]:
            rows = rows.filter(Q(text__icontains=word) | Q(chips__icontains=word) | Q(lyrics__icontains=word))
        rows = rows.annotate(
            asked=Count("jobs"),
            arrived=Count("jobs__track"),
            kept=Count("jobs__track", Q(jobs__track__status__in=KEPT)),
            rejected=Count("jobs__track", Q(jobs__track__status=Status.REJECTED)),
            spent=Sum("jobs__track__cost_micros", default=0),
            last=Max("jobs__created_at"),
        )
        return list(rows.order_by("-last")[:SHOWN])  # type: ignore[misc]

    @cached_property
    def recipes(self) -> list[Ranked]:
        """The team's, best first."""
        return ranked(self.project.team, self.q)

    @cached_property
    def names(self) -> dict[str, str]:
        """The models' names by slug."""
        return dict(MusicModel.objects.values_list("slug", "name"))


def ranked(team: Team, q: str = "") -> list[Ranked]:
    """The team's recipes with the figures of every take that was asked for with their words from their model, best first."""
    rows = visible(Recipe.objects.shared(team), team).select_related("created_by")
    for word in q.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(text__icontains=word) | Q(chips__icontains=word))
    found, names = list(rows), dict(MusicModel.objects.values_list("slug", "name"))
    figures = figures_of(team, {recipe.text for recipe in found})
    nothing = Figures()
    made = [Ranked(one, figures.get(words_of(one), nothing), names.get(one.model_slug, one.model_slug)) for one in found]
    return sorted(made, key=lambda one: (*one.figures.rank, one.recipe.name.lower()))


def words_of(recipe: Recipe) -> Words:
    """What a take must have been asked with to count for the recipe."""
    return (recipe.text, recipe.chips, recipe.lyrics, recipe.instrumental, recipe.model_slug)


def figures_of(team: Team, texts: set[str]) -> dict[Words, Figures]:
    """The figures of the team's takes by their words, in one query."""
    words = [f"prompt__{word}" for word in ("text", "chips", "lyrics", "instrumental", "model_slug")]
    tracks = visible(Track.objects.filter(team=team, prompt__text__in=texts), team).order_by().values_list(*words)
    sums = {
        "takes": Count("pk"),
        "decided": Count("pk", Q(status__in=DECIDED)),
        "approved": Count("pk", Q(status=Status.APPROVED)),
        "cost": Sum("cost_micros", default=0),
    }
    return {row[:5]: Figures(*row[5:]) for row in tracks.annotate(**sums)} if texts else {}
