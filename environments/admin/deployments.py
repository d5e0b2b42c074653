"""The record of new versions: who told of them, what they were made of, and which operation took them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from environments.models import Deployment, DeploymentStatus
from environments.models.texts import in_language
from environments.services.deployment_versions import name_of
from environments.services.deployments import RUNS
from portal.unfolded import display

from .displays import link, toned
from .displays import name_of as name_of_person
from .operation_cards import operation_title
from .own_clock import at_places
from .scoping import ReadOnly, ScopedAdmin

TONES = {
    DeploymentStatus.WAITING: "stopped",
    DeploymentStatus.SCHEDULED: "held",
    DeploymentStatus.TAKEN: "moving",
    DeploymentStatus.DONE: "stopped",
    DeploymentStatus.FAILED: "failed",
    DeploymentStatus.REPLACED: "stopped",
}
SHORT = 7


@admin.register(Deployment)
class DeploymentAdmin(ReadOnly, ScopedAdmin[Deployment]):
    """Every version that was told of, newest first; nobody edits it."""

    list_display = ["version", "environment", "shown_status", "source", "author", "origin", "told", "took"]
    list_display_links = None
    # No hierarchy of dates: to name its months it would read every row.
    list_filter = ["status", "origin", "received_at"]
    list_select_related = ["environment__schedule", "operation"]
    list_per_page = 50
    ordering = ["-id"]
    show_full_result_count = False
    search_fields = ["environment__name", "repository", "tag", "commit", "author"]
    search_help_text = _("Searches environments, repositories, tags, commits and authors.")
    fields = readonly_fields = (
        *("environment", "repository", "tag", "digest", "source", "author", "shown_link", "note"),
        *("origin", "account", "told", "shown_status", "why", "due", "took", "taken", "since"),
    )
    actions = None
    empty_text = _("No new version has been told of so far. Pipelines do so by the API, ECR by EventBridge.")

    class Media:
        css: ClassVar = {"all": ["portal/records.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deployment]:
        """Each with whether it was the last of its repository that the environment took (`is_last`)."""
        later = Deployment.objects.filter(
            environment=OuterRef("environment"),
            repository=OuterRef("repository"),
            status=DeploymentStatus.DONE,
            ended_at__gt=OuterRef("ended_at"),
        )
        rows = super().get_queryset(request)
        return rows.annotate(is_last=Q(status=DeploymentStatus.DONE) & ~Exists(later))

    @display(description=_("version"), ordering="tag")
    def version(self, deployment: Deployment) -> SafeString:
        address = reverse("admin:environments_deployment_change", args=[deployment.pk])
        return link(address, breakable(name_of(deployment)))

    @display(description=_("status"), ordering="status")
    def shown_status(self, deployment: Deployment) -> SafeString:
        if getattr(deployment, "is_last", False) and deployment.environment.state in RUNS:
            return toned(gettext("runs"), "running")
        return toned(deployment.get_status_display(), TONES[DeploymentStatus(deployment.status)])

    @display(description=_("commit"), ordering="commit")
    def source(self, deployment: Deployment) -> SafeString | str:
        return commit_link(deployment) or "–"

    @display(description=_("link"))
    def shown_link(self, deployment: Deployment) -> SafeString | str:
        return outward(deployment.link, deployment.link) or "–"

    @display(description=_("account"))
    def account(self, deployment: Deployment) -> str:
        return name_of_person(deployment.user) if deployment.user else "–"

    @display(description=_("operation"))
    def took(self, deployment: Deployment) -> SafeString | str:
        return operation_link(deployment) or "–"

    @display(description=_("reason"))
    def why(self, deployment: Deployment) -> str:
        return in_language(deployment.reason) or "–"

    @display(description=_("told"), ordering="received_at")
    def told(self, deployment: Deployment) -> str:
        return at_places(deployment.received_at, deployment.environment.zone_name, timezone.now())

    @display(description=_("at"))
    def due(self, deployment: Deployment) -> str:
        return at_places(deployment.due_at, deployment.environment.zone_name, timezone.now())

    @display(description=_("taken"))
    def taken(self, deployment: Deployment) -> str:
        return at_places(deployment.taken_at, deployment.environment.zone_name, timezone.now())

    @display(description=_("since"))
    def since(self, deployment: Deployment) -> str:
        return at_places(deployment.ended_at, deployment.environment.zone_name, timezone.now())


def commit_link(deployment: Deployment) -> SafeString | str:
    """The commit, shortened, leading to where the pipeline said to read on; empty where nobody named one."""
    short = deployment.commit[:SHORT]
    return outward(deployment.link, short) if short else ""


def operation_link(deployment: Deployment) -> SafeString | str:
    """The start or redeploy that took it; empty: none has yet."""
    if deployment.operation is None:
        return ""
    address = reverse("admin:environments_operation_change", args=[deployment.operation_id])
    return link(address, operation_title(deployment.operation))


def breakable(name: str) -> SafeString:
    """A name that has no spaces, to be broken after its slashes before anywhere else."""
    return format_html_join(mark_safe("/<wbr>"), "{}", ((part,) for part in name.split("/")))


def outward(address: str, words: str) -> SafeString | str:
    """A link to another site, which is not told where its reader comes from; plain words without an address."""
    if not address.startswith(("https://", "http://")):
        return words
    return format_html('<a class="db-link" href="{}" rel="noreferrer">{}</a>', address, words)
