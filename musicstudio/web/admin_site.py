"""The operator's pages: every team's rows to look at, for whoever runs the install. Django's admin, at STUDIO_ADMIN_PATH.

What is shown is listed here, column by column; what is not listed, secrets before all, is neither shown nor searched nor
filtered by. Nothing is added, deleted or changed, but whether an account works.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.http import urlencode

from musicstudio.accounts.models import AuditEvent, Membership, Team, User
from musicstudio.accounts.operators import switch_account
from musicstudio.accounts.second_factor import has_second_factor, showed_second_factor, where_to_show_it
from musicstudio.budgets.models import Entry, Hold
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job
from musicstudio.library.models import Track
from musicstudio.notify.models import Webhook
from musicstudio.projects.models import ApiToken, Project
from musicstudio.providers.models import ProviderKey

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[models.Model]
else:
    ModelAdmin = admin.ModelAdmin


class Desk(admin.AdminSite):
    """Django's admin without its own sign-in: people come in by the studio's, with a second factor."""

    site_header = site_title = "musicstudio operator"
    index_title = "Everything on this install"
    LEFT_OUT: ClassVar[set[str]] = {"login", "logout", "password_change", "password_change_done", "autocomplete", "view_on_site"}

    def has_permission(self, request: HttpRequest) -> bool:
        """An active operator who showed a second factor in this session."""
        user = request.user
        if not (isinstance(user, User) and user.is_active and user.is_staff):
            return False
        return has_second_factor(user) and showed_second_factor(request, user)

    def led_elsewhere(self, request: HttpRequest) -> HttpResponse:
        """An operator is led to where the second factor is set up or shown; for everybody else nothing is here."""
        user = request.user
        if not (isinstance(user, User) and user.is_active and user.is_staff):
            raise Http404
        if not has_second_factor(user):
            messages.warning(request, "The operator's pages need a second factor. Set one up, then come back.")
            return redirect("mfa_index")
        back = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse(where_to_show_it(user))}?{back}")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page goes through here."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return inner(request, *args, **kwargs) if self.has_permission(request) else self.led_elsewhere(request)

        return update_wrapper(guarded, inner)

    def bare(self, request: HttpRequest) -> HttpResponseBase:
        """The address without its slash."""
        return redirect("admin:index") if self.has_permission(request) else self.led_elsewhere(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's, without what the studio has pages of its own for."""
        return [entry for entry in super().get_urls() if getattr(entry, "name", None) not in self.LEFT_OUT]


desk = Desk()


class Rows(ModelAdmin):
    """A kind of row to look at. `shown` is all that its page shows, `editable` what can be changed there."""

    actions = None
    shown: ClassVar[str]
    editable: ClassVar[set[str]] = set()
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows are made by the studio's own verbs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Where something is editable."""
        return bool(self.editable)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Whoever came past `Desk.admin_view` may look."""
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Listed on the first page."""
        return True

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """What is shown and nothing else; Django would show every column."""
        return self.shown.split()

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """All others."""
        return [name for name in self.get_fields(request, obj) if name not in self.editable]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """By the filters only: Django would answer `?password__startswith=` too."""
        filters = {name.split("__")[0] for name in map(str, self.list_filter)}
        return lookup.split("__")[0] in filters and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]


def dollars(field: str) -> Callable[[Any, Any], str]:
    """A column of micros as an amount."""

    @admin.display(description=field.removesuffix("_micros").replace("_", " "), ordering=field)
    def shown(self: Any, row: Any) -> str:
        micros = getattr(row, field)
        return "" if micros is None else format_micros(micros)

    return shown


@admin.register(User, site=desk)
class Users(Rows):
    """People; whether an account works is the one thing that can be changed, not for oneself."""

    shown = "email name is_active is_staff last_login date_joined"
    editable: ClassVar[set[str]] = {"is_active"}
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "date_joined")
    ordering = ("email",)
    search_fields = ("email", "name")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody locks themselves out."""
        return obj is None or obj.pk != request.user.pk

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the studio's own verb, which notes it."""
        if "is_active" in form.changed_data:
            switch_account(obj, obj.is_active, request.user)  # type: ignore[arg-type]


@admin.register(Team, site=desk)
class Teams(Rows):
    """Teams and how they are set."""

    shown = "name slug time_zone symbol artist bin_days require_two_factor created_at"
    list_display = ("name", "slug", "time_zone", "require_two_factor", "created_at")
    list_filter = ("require_two_factor", "created_at")
    search_fields = ("name", "slug")


@admin.register(Membership, site=desk)
class Memberships(Rows):
    """Who is in which team."""

    shown = "team user role narrowed created_at"
    list_display = ("user", "team", "role", "narrowed", "created_at")
    list_filter = ("role", "narrowed")
    list_select_related = ("user", "team")
    search_fields = ("user__email", "user__name", "team__name", "team__slug")


@admin.register(Project, site=desk)
class Projects(Rows):
    """Projects, without their briefs."""

    shown = "team name slug due_on needed asks_use is_default archived_at created_at"
    list_display = ("name", "team", "due_on", "archived_at", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("team",)
    search_fields = ("name", "slug", "team__name", "team__slug")


@admin.register(Track, site=desk)
class Tracks(Rows):
    """Tracks, without what was written for them."""

    cost = dollars("cost_micros")
    shown = (
        "id team project title take status format size sha256 duration_ms model_slug provider key_label upstream_id "
        "request_id cost created_by asked_at created_at archived_at deleted_at"
    )
    list_display = ("title", "take", "team", "project", "status", "model_slug", "cost", "created_at")
    list_filter = ("status", "provider", "created_at")
    list_select_related = ("team", "project")
    search_fields = ("id", "title", "sha256", "team__slug", "upstream_id", "request_id")


@admin.register(Job, site=desk)
class Jobs(Rows):
    """Takes on their way; the links of finished files are left out."""

    cost = dollars("cost_micros")
    shown = (
        "id team project model key hold track take attempt state reason message progress tries next_at submit_at cancel_at "
        "finished_at request_id cost created_by created_at"
    )
    list_display = ("id", "team", "project", "model", "state", "reason", "tries", "created_at")
    list_filter = ("state", "reason", "model", "created_at")
    list_select_related = ("team", "project", "model")
    search_fields = ("id", "team__slug", "created_by__email", "request_id")


@admin.register(ProviderKey, site=desk)
class ProviderKeys(Rows):
    """Keys by their last four characters."""

    shown = (
        "team provider project label last4 state last_error last_used_at retire_at tested_at test_ok test_note "
        "created_by created_at"
    )
    list_display = ("label", "last4", "team", "provider", "state", "last_used_at", "created_at")
    list_filter = ("provider", "state")
    list_select_related = ("team",)
    search_fields = ("label", "last4", "team__name", "team__slug")


@admin.register(Webhook, site=desk)
class Webhooks(Rows):
    """Webhooks by their host."""

    shown = "team host events shape is_active why_off created_by created_at"
    list_display = ("host", "team", "shape", "is_active", "why_off", "created_at")
    list_filter = ("is_active", "shape")
    list_select_related = ("team",)
    search_fields = ("host", "team__name", "team__slug")


@admin.register(ApiToken, site=desk)
class ApiTokens(Rows):
    """Tokens by their first letters."""

    shown = "team user project name prefix scopes expires_at last_used_at revoked_at created_at"
    list_display = ("name", "prefix", "team", "user", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("created_at", "last_used_at")
    list_select_related = ("team", "user")
    search_fields = ("name", "prefix", "team__slug", "user__email")


@admin.register(Hold, site=desk)
class Holds(Rows):
    """Money set aside, and what became of it."""

    amount = dollars("amount_micros")
    actual = dollars("actual_micros")
    refunded = dollars("refunded_micros")
    shown = (
        "id team project key token tag model_slug amount actual refunded state quote created_by created_at doubted_at ended_at"
    )
    list_display = ("id", "team", "project", "amount", "actual", "state", "created_at")
    list_filter = ("state", "created_at")
    list_select_related = ("team", "project")
    ordering = ("-created_at",)
    search_fields = ("id", "team__slug", "tag", "model_slug")


@admin.register(Entry, site=desk)
class Entries(Rows):
    """The ledger."""

    held = dollars("held_delta")
    settled = dollars("settled_delta")
    shown = "hold bucket kind held settled ref actor at"
    list_display = ("at", "kind", "hold", "held", "settled", "ref")
    list_filter = ("kind", "at")
    list_select_related = ("hold",)
    ordering = ("-id",)
    search_fields = ("hold__id", "ref", "hold__team__slug")


@admin.register(AuditEvent, site=desk)
class AuditEvents(Rows):
    """The audit logs of all teams; what looks like a secret was hidden when it was written."""

    shown = "at team by token action kind object_id name before after address agent request_id"
    list_display = ("at", "team", "by", "token", "action", "name", "address")
    list_filter = ("action", "at")
    list_select_related = ("team", "by")
    search_fields = ("name", "object_id", "team__slug", "by__email", "address", "request_id")
