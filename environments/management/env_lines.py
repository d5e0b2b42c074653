"""Environments as lines of a terminal, and as plain data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import combining, east_asian_width
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from environments import rules
from environments.admin import cards
from environments.admin.displays import at_place, language
from environments.admin.operation_cards import operation_card, operation_title
from environments.models import Environment, Operation
from environments.services import plans
from environments.services.specs import spec_of

from .env_words import say

LANGUAGES = ("en", "ko")
CHANGES = 5


def cards_of(user: User, ids: Iterable[int], now: datetime) -> list[cards.Card]:
    """What pages say of these environments that the user sees, in the order of their ids; a fixed number of queries."""
    order = {pk: place for place, pk in enumerate(ids)}
    rows = sorted(cards.environments_of(user, now).filter(pk__in=order), key=lambda one: order[one.pk])
    unfinished = Operation.objects.unfinished().filter(environment__in=order).select_related("actor")
    current = {operation.environment_id: operation for operation in unfinished.prefetch_related("steps")}
    return [cards.card(row, now, current=current.get(row.pk)) for row in rows]


def table(rows: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The cells of each row, all but the last filled up to the width of their column."""
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = [cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
        yield [*padded[:-1], row[-1]]


def width(text: str) -> int:
    """Columns that a text takes in a terminal: Korean letters take two."""
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def cells(card: cards.Card) -> list[str]:
    of = card.environment
    return [of.name, of.team.name, card.state, card.next_text, card.short]


def status(card: cards.Card, now: datetime) -> Iterator[str]:
    """State, reason, what is under way with each step, and what comes next."""
    yield f"{card.environment.name}: {card.state}  ({card.zone})"
    yield from (f"  {line}" for line in (card.short, card.more, card.next_text) if line)
    if card.current and card.progress:
        yield f"  {operation_title(card.current)}: {card.progress.share} %"
        yield from (f"    {line}" for line in step_lines(card.current, card.zone, now))


def step_lines(operation: Operation, zone: str, now: datetime) -> Iterator[str]:
    """“09:00:12  Create ChatAppMasterStack: done, 7 min 19 s”; steps that have not begun are left out."""
    for step in operation_card(operation, zone, now).steps:
        if step.clock:
            took = f", {step.took}" if step.took else ""
            what = " ".join(part for part in (step.title, step.target) if part)
            said = f" – {step.text}" if step.text else ""
            yield f"{step.clock}  {what}: {step.status}{took}{said}"


def why(environment: Environment, now: datetime) -> Iterator[str]:
    """What its plan says and why, and its next changes. RuleError for a schedule that cannot be read."""
    spec, zone = spec_of(environment, now), environment.zone_name
    yield f"{environment.name}: {rules.explain(spec, now).text(language(), zone)}"
    coming = plans.next_changes(spec, now, CHANGES)
    yield say("changes") if coming else say("no changes")
    for change in coming:
        then = say(f"then {change.desired.value}")
        yield f"  {at_place(change.at, zone, now)}  {then}: {change.why(language())}"


def why_data(environment: Environment, now: datetime) -> dict[str, Any]:
    spec = spec_of(environment, now)
    found = rules.explain(spec, now)
    return {
        "environment": environment.slug,
        "timezone": environment.zone_name,
        "desired": found.desired.value,
        "since": _iso(found.since, environment),
        "until": _iso(found.until, environment),
        "then": found.then.value if found.then else None,
        "explanation": {one: found.text(one, environment.zone_name) for one in LANGUAGES},
        "source": {"kind": found.source.kind.value, "id": found.source.id},
        "changes": [
            {
                "at": _iso(change.at, environment),
                "desired": change.desired.value,
                "why": {one: change.why(one) for one in LANGUAGES},
                "who": change.who,
            }
            for change in plans.next_changes(spec, now, CHANGES)
        ],
    }


def data(card: cards.Card, now: datetime) -> dict[str, Any]:
    """One environment for a program: instants as ISO 8601 with the offset of its zone, reasons in both languages."""
    of, hold = card.environment, card.hold
    found, _problem = cards.explain(of, now)
    return {
        "environment": of.slug,
        "name": of.name,
        "team": of.team.name,
        "state": of.state,
        "since": _iso(of.state_since, of),
        "reason": dict(of.state_reason),
        "timezone": card.zone,
        "desired": found.desired.value if found else None,
        "until": _iso(found.until, of) if found else None,
        "explanation": {one: found.text(one, card.zone) for one in LANGUAGES} if found else None,
        "hold": {"desired": hold.desired, "until": _iso(hold.until, of), "by": hold.author_name, "reason": hold.reason}
        if hold
        else None,
        "operation": operation_data(card.current, of, card.progress.share if card.progress else 0)
        if card.current
        else None,
    }


def operation_data(operation: Operation, of: Environment, share: int) -> Mapping[str, Any]:
    return {
        "id": operation.pk,
        "kind": operation.kind,
        "status": operation.status,
        "trigger": operation.trigger,
        "reason": operation.reason,
        "asked_at": _iso(operation.created_at, of),
        "percent": share,
        "steps": [
            {
                "name": step.name,
                "target": step.target_label,
                "status": step.status,
                "started_at": _iso(step.started_at, of),
                "finished_at": _iso(step.finished_at, of),
                "detail": step.error or step.detail,
            }
            for step in operation.steps.all()
        ],
    }


def _iso(at: datetime | None, of: Environment) -> str | None:
    return at.astimezone(ZoneInfo(of.zone_name)).isoformat() if at else None
