"""What was begun, and what became of it: told when it has ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from environments.models import Environment, Operation, OperationStatus, State
from environments.rules.durations import spoken
from notifications.chat.spoken import Answer

from . import texts
from .orders import page_of

if TYPE_CHECKING:
    from notifications.chat.spoken import Asked

ONE: Final = "operation"
MANY: Final = "operations"
NAMED: Final = 15


def following(environment: Environment, kind: str) -> str:
    """“operation 12 start”: the operation that is under way, and what is wished for. Empty where nothing is under way,
    because nothing had to be done."""
    current = Operation.objects.unfinished().filter(environment=environment.pk).first()
    if current is None:
        return ""
    # A redeploy that is under way leaves it running, so a wish for that joins it.
    joined = current.kind == Operation.Kind.REDEPLOY and kind == Operation.Kind.START and not current.next_wish
    return f"{ONE} {current.pk} {current.kind if joined else kind}"


def following_many(kind: str, now: datetime) -> str:
    """“operations start 2026-11-23T01:00:00+00:00”: all that one person asked for at this moment."""
    return f"{MANY} {kind} {now.isoformat()}"


def followed(follows: str, asked: Asked) -> Answer | None:
    """What became of it; None while it goes on."""
    what, *rest = follows.split()
    if what == ONE:
        return _one(int(rest[0]), rest[1], asked)
    return _many(rest[0], datetime.fromisoformat(rest[1]), asked)


def _one(pk: int, kind: str, asked: Asked) -> Answer | None:
    operation = _last(pk, kind)
    if operation is None:
        return Answer(texts.GONE(asked.language), severity="warning")
    if operation.is_unfinished and operation.kind == kind:
        return None
    environment = operation.environment
    link = page_of(environment)
    if operation.kind != kind or operation.status == OperationStatus.CANCELLED:
        if operation.is_unfinished and operation.next_wish:
            return None
        state = State(environment.state).label
        body = texts.REPLACED_WORDS(asked.language, state=state)
        return Answer(texts.REPLACED(asked.language, name=environment.name), body, link=link)
    if operation.status == OperationStatus.FAILED:
        body = "\n".join(filter(None, (operation.error_text, texts.WHAT_TO_DO(asked.language))))
        title = texts.ENDED_BADLY[kind](asked.language, name=environment.name)
        return Answer(title, body, severity="error", link=link)
    took = spoken((operation.finished_at or asked.now) - operation.created_at, asked.language)
    title = texts.ENDED_WELL[kind](asked.language, name=environment.name)
    return Answer(title, texts.ENDED_WELL_WORDS(asked.language, took=took), severity="success", link=link)


def _last(pk: int, kind: str) -> Operation | None:
    """The operation that fulfils the wish: where this one was under way already, with another, the one that followed
    it."""
    rows = Operation.objects.select_related("environment")
    first = rows.filter(pk=pk).first()
    if first is None or (first.kind == kind and first.status != OperationStatus.CANCELLED):
        return first
    later = rows.filter(environment=first.environment_id, pk__gt=pk).order_by("pk").first()
    return later or first


def _many(kind: str, at: datetime, asked: Asked) -> Answer | None:
    """All of them together, once the last has ended."""
    rows = Operation.objects.filter(kind=kind, created_at=at, actor=asked.user)
    if rows.unfinished().exists():
        return None
    ended = list(rows.select_related("environment").order_by("environment__name"))
    failed = [one for one in ended if one.status == OperationStatus.FAILED]
    well = sum(one.status == OperationStatus.SUCCEEDED for one in ended)
    lines = [f"{one.environment.name}: {one.error_text}" for one in failed[:NAMED]]
    if len(failed) > NAMED:
        lines.append(texts.MORE(asked.language, count=len(failed) - NAMED))
    if failed:
        lines.append(texts.WHAT_TO_DO(asked.language))
    return Answer(
        texts.MANY_ENDED(asked.language, well=well, badly=len(failed)),
        "\n".join(lines),
        severity="error" if failed else "success",
    )
