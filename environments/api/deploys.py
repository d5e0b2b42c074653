"""Deployments: a pipeline tells of a new version, and reads what became of it; what ran when."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from environments.models import Deployment, DeploymentStatus
from environments.services import deployment_asking, deployment_history, permissions
from environments.services import deployment_checks as checks
from environments.services.deployment_telling import tell
from environments.services.deployment_versions import Version
from environments.services.deployment_words import outlook
from portal.api.access import needs
from portal.api.paging import Page, Window, cut
from portal.api.sent import In
from portal.models.token import Scope

from .asking import Number, Slug, Words, environment_of, of_visible, person, reader
from .schemas import At, Out, in_language

router = Router(tags=["Deployments"])
SEE = "environments.view_deployment"


class DeployIn(In):
    """A version that was built and pushed."""

    # What each has to look like is only described here: the sentences of `checks` say what is wrong with it.
    tag: str = Field(json_schema_extra={"pattern": checks.TAG}, description="The image's tag.", examples=["2.15.0"])
    repository: Words = Field(
        "",
        max_length=256,
        description="The ECR repository; may be left out where the environment takes from exactly one.",
        examples=["chat-chat-http"],
    )
    digest: str = Field(
        "",
        json_schema_extra={"pattern": f"^$|{checks.DIGEST}"},
        description="The image's digest, where it is known.",
    )
    commit: str = Field(
        "",
        json_schema_extra={"pattern": f"^$|{checks.COMMIT}"},
        description="What it was built from.",
        examples=["3f2a9c1d"],
    )
    author: Words = Field(
        "",
        json_schema_extra={"maxLength": checks.LONGEST_AUTHOR},
        description="Who made it.",
        examples=["Mina Jung"],
    )
    link: Words = Field(
        "",
        json_schema_extra={"maxLength": checks.LONGEST_LINK},
        description="Where to read on: the commit, or the run of the pipeline. http or https.",
        examples=["https://github.com/acme/chat/commit/3f2a9c1d"],
    )
    note: Words = Field(
        "",
        json_schema_extra={"maxLength": checks.LONGEST_NOTE},
        description="What is new; people read it.",
        examples=["Login by passkey"],
    )


class DeploymentOut(Out):
    """A version that an environment was told of, and what became of it."""

    id: int
    environment: str = Field(description="The environment's short name.", examples=["chat-dev"])
    repository: str = Field(description="Empty where it takes no images of ECR.", examples=["chat-chat-http"])
    tag: str = Field(examples=["2.15.0"])
    digest: str
    commit: str = Field(examples=["3f2a9c1d"])
    author: str = Field(examples=["Mina Jung"])
    link: str
    note: str
    told_by: str = Field(description="api, push (EventBridge) or poll (found in ECR).", examples=["api"])
    account: str | None = Field(description="Whose token told of it first.", examples=["github-actions"])
    told: At
    status: str = Field(
        description="waiting, scheduled, taken (by the operation), done, failed (also: passed over) or replaced.",
        examples=["taken"],
    )
    status_text: str = Field(description="The same in words.")
    due: At | None = Field(description="When it is taken, where that is at a set hour.")
    operation: int | None = Field(description="The start or redeploy that takes or took it.")
    taken: At | None
    ended: At | None = Field(description="Since when it runs, has failed, or was replaced.")
    reason: str = Field(description="Why it waits, failed or was replaced.")


class DeployOut(Out):
    """What was noted, and what will happen."""

    deployment: DeploymentOut
    outlook: str = Field(examples=["It takes it at its next start, Mon 09:00 (Asia/Seoul)."])


class RanOut(Out):
    """A version that ran, from when it was taken until another was."""

    repository: str
    tag: str
    since: At
    until: At | None = Field(description="Null: it runs.")
    operation: int | None
    deployment: DeploymentOut | None = Field(description="Null where nobody told of it: a start found it in ECR.")


class DeploymentFilters(Schema):
    status: DeploymentStatus | None = Field(None, description="Only those of this status.")
    repository: Words | None = Field(None, max_length=256, description="Only those of this repository.")


@router.post(
    "/environments/{slug}/deploy", response={202: DeployOut}, auth=needs(Scope.DEPLOY), summary="Tell of a new version"
)
def deploy(request: HttpRequest, slug: Slug, told: DeployIn) -> Status[DeployOut]:
    """It is taken as the environment's settings say: at once, at a set hour, or at the next start; what does not run
    takes it at its next start.

    Told again, it is the same deployment, and what was not known is filled in. Only the newest image is taken: a tag
    whose image is older than the newest in ECR is refused (422, naming `tag`), as far as ECR says so in seconds; else
    its deployment fails, with the reason, when that is found out. What ECR does not have yet waits for it.
    """
    user, now = person(request), timezone.now()
    environment = environment_of(user, slug)
    permissions.require_switch(user, environment)
    version = deployment_asking.confirmed(environment, checks.checked(environment, Version(**told.dict())))
    (row,) = tell(environment=environment, versions=[version], origin=Deployment.Origin.API, user=user, now=now)
    environment.refresh_from_db()
    said = in_language(outlook(row, environment, now))
    return Status(202, DeployOut(deployment=deployment_out(row), outlook=said))


@router.get(
    "/environments/{slug}/deployments",
    response=Page[DeploymentOut],
    auth=needs(Scope.READ),
    summary="Deployments of an environment",
)
def listed(
    request: HttpRequest, slug: Slug, window: Query[Window], filters: Query[DeploymentFilters]
) -> dict[str, Any]:
    """What it was told of, the newest first."""
    environment = environment_of(reader(request, SEE), slug)
    wanted = {name: value for name, value in filters.dict().items() if value is not None}
    rows = Deployment.objects.filter(environment=environment, **wanted).select_related("environment", "user")
    found, following = cut(rows, window, ("-received_at", "-pk"))
    return {"items": [deployment_out(one) for one in found], "next": following}


@router.get("/environments/{slug}/versions", response=list[RanOut], auth=needs(Scope.READ), summary="What ran when")
def versions(request: HttpRequest, slug: Slug) -> list[RanOut]:
    """The versions that it runs and ran, the newest first: as starts and redeploys found them in ECR."""
    environment = environment_of(reader(request, SEE), slug)
    return [
        RanOut(
            repository=one.repository,
            tag=one.tag,
            since=one.since,
            until=one.until,
            operation=one.operation_id,
            deployment=deployment_out(one.deployment) if one.deployment else None,
        )
        for one in deployment_history.of_environment(environment).ran
    ]


@router.get("/deployments/{number}", response=DeploymentOut, auth=needs(Scope.READ), summary="One deployment")
def one(request: HttpRequest, number: Number) -> DeploymentOut:
    """Where a pipeline waits for its end: it is over when the status is done, failed or replaced. Only done was taken:
    failed is also what asked for an older image than the newest."""
    rows = of_visible(Deployment.objects.select_related("environment", "user"), reader(request, SEE))
    found = rows.filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no such deployment that you can see."))
    return deployment_out(found)


def deployment_out(row: Deployment) -> DeploymentOut:
    """Of a deployment with its environment and its account."""
    return DeploymentOut(
        id=row.pk,
        environment=row.environment.slug,
        repository=row.repository,
        tag=row.tag,
        digest=row.digest,
        commit=row.commit,
        author=row.author,
        link=row.link,
        note=row.note,
        told_by=row.origin,
        account=row.user.get_username() if row.user else None,
        told=row.received_at,
        status=row.status,
        status_text=row.get_status_display(),
        due=row.due_at,
        operation=row.operation_id,
        taken=row.taken_at,
        ended=row.ended_at,
        reason=in_language(row.reason),
    )
