"""What the API tells of operations."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from environments.models import Operation, OperationStep

from .asking import PersonOut, Slug, person_out
from .schemas import At, Instant, Out
from .words import language, link_of_operation, words_of_status

Kind = Literal["start", "stop", "redeploy"]
Status = Literal["pending", "running", "succeeded", "failed", "cancelled"]


class OperationOut(Out):
    """A start, stop or redeploy."""

    id: int
    environment: str = Field(description="The environment's short name.", examples=["chat-dev"])
    kind: Kind
    trigger: str = Field(examples=["schedule"])
    status: Status
    status_text: str = Field(examples=["under way"])
    reason: str = Field(description="Why, in words.")
    by: PersonOut | None = Field(description="Who asked for it; null: a plan did.")
    asked: At
    planned: At | None = Field(description="Of what a plan asks for: when it should have begun.")
    began: At | None
    finished: At | None
    ready: At | None = Field(description="Of a start: when its checks first answered as they should.")
    error: str
    error_detail: str = Field(description="AWS's own words.")
    link: str


class StepOut(Out):
    """One thing that an operation ensures."""

    id: int
    position: int = Field(description="Steps of one position may be done side by side.")
    name: str = Field(examples=["create"])
    target: str
    status: Literal["pending", "running", "done", "skipped", "failed"]
    attempts: int
    text: str = Field(description="How far it is, or what went wrong.")
    error_detail: str
    began: At | None
    finished: At | None


class OperationDetail(OperationOut):
    """An operation with its steps."""

    steps: list[StepOut]
    version: str = Field(description="Changes with whatever changes here: the `since` of following it.")


class OperationFilters(Schema):
    environment: Slug | None = Field(None, description="Of this environment only, by its short name.")
    kind: Kind | None = None
    status: Status | None = None
    since: Instant | None = Field(None, description="Asked for at this moment or later.")


def operation_out(operation: Operation) -> dict[str, Any]:
    """Of an operation with its environment and its actor."""
    return {
        "id": operation.pk,
        "environment": operation.environment.slug,
        "kind": operation.kind,
        "trigger": operation.trigger,
        "status": operation.status,
        "status_text": words_of_status(language())[operation.status],
        "reason": operation.reason_text,
        "by": person_out(operation.actor),
        "asked": operation.created_at,
        "planned": operation.planned_at,
        "began": operation.started_at,
        "finished": operation.finished_at,
        "ready": operation.ready_at,
        "error": operation.error_text,
        "error_detail": operation.error_detail,
        "link": link_of_operation(operation.pk),
    }


def step_out(step: OperationStep) -> dict[str, Any]:
    return {
        "id": step.pk,
        "position": step.position,
        "name": step.name,
        "target": step.target_label,
        "status": step.status,
        "attempts": step.attempts,
        "text": step.error_text or step.detail_text,
        "error_detail": step.error_detail,
        "began": step.started_at,
        "finished": step.finished_at,
    }
