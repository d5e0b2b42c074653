"""What people see of an environment at a moment: state and why, what comes next, what is under way, what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from environments import rules
from environments.models import (
    FAILED_STATES,
    MOVING_STATES,
    Environment,
    Hold,
    Operation,
    OperationStatus,
    OperationStep,
    State,
    StepStatus,
)
from environments.models.texts import in_language
from environments.rules.durations import spoken
from environments.services.specs import spec_of

from .displays import at_words, language, step_name

TONES = {
    State.RUNNING: "running",
    State.STARTING: "moving",
    State.STOPPING: "moving",
    State.STOPPED: "stopped",
    State.FAILED_TO_START: "failed",
    State.FAILED_TO_STOP: "failed",
    State.UNKNOWN: "unknown",
}
STEP_TONES = {
    StepStatus.DONE: "running",
    StepStatus.SKIPPED: "stopped",
    StepStatus.PENDING: "stopped",
    StepStatus.RUNNING: "moving",
    StepStatus.FAILED: "failed",
}
# A wish that ends later than this is shown without a countdown: nobody plans by days and minutes.
COUNTED_DOWN = timedelta(days=2)
LEARN_FROM = 5


@dataclass(frozen=True, slots=True)
class StepLine:
    """One row of an operation's timeline."""

    clock: str
    tone: str
    status: str
    title: str
    target: str
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the operation under way is: a share of 100 for the bar, words for people, AWS's newest lines."""

    share: int
    text: str
    left: str
    lines: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class OperationCard:
    operation: Operation
    title: str
    who: str
    tone: str
    status: str
    began: str
    took: str
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """An environment for a page. `short` stands beside the state in lists, `why` explains it in a sentence."""

    environment: Environment
    tone: str
    state: str
    short: str
    why: str
    zone: str
    next_at: datetime | None
    next_text: str
    next_in: str
    hold: Hold | None
    hold_text: str
    current: Operation | None
    progress: Progress | None
    noted: str
    failed: bool
    guarded: bool
    can_start: bool
    can_stop: bool


def card(
    environment: Environment,
    now: datetime,
    *,
    current: Operation | None,
    last_failed: Operation | None = None,
    usual: timedelta | None = None,
) -> Card:
    """Build the card of an environment that came from `with_plan()`; `current` with its steps, if one is under way."""
    state = State(environment.state)
    found = rules.explain(spec_of(environment), now)
    zone = environment.zone_name
    hold = next((h for h in environment.open_holds if not (h.until and h.until <= now)), None)  # type: ignore[attr-defined]
    held = hold is not None and hold.desired == found.desired and state in {State.RUNNING, State.STOPPED}
    word = state.label
    if held:
        word = _("Running, held") if state is State.RUNNING else _("Stopped, held")
    why = in_language({lang: found.text(lang, zone) for lang in ("en", "ko")})
    progress = _progress(current, now, usual) if current else None
    short = in_language({lang: found.short(lang, zone) for lang in ("en", "ko")})
    if state in MOVING_STATES and progress:
        short = " · ".join(part for part in (progress.text, progress.left) if part)
    elif state in FAILED_STATES or state is State.UNKNOWN:
        short = in_language(environment.state_reason) or _("Looking at AWS …")
    return Card(
        environment=environment,
        tone="held" if held else TONES[state],
        state=str(word),
        short=short,
        why=why,
        zone=zone,
        next_at=found.until,
        next_text=_next_text(found, zone, now),
        next_in=spoken(found.until - now, language()) if found.until and found.until - now < COUNTED_DOWN else "",
        hold=hold,
        hold_text=hold_text(hold, zone, now) if hold else "",
        current=current,
        progress=progress,
        noted=_noted(current),
        failed=state in FAILED_STATES,
        guarded=bool(last_failed and state in FAILED_STATES and _is_guarded(last_failed)),
        can_start=state not in {State.RUNNING, State.STARTING},
        can_stop=state not in {State.STOPPED, State.STOPPING},
    )


def hold_text(hold: Hold, zone: str, now: datetime) -> str:
    """Until when, and by whom: “until 22:00, by Kim: client demo”."""
    until = _("until %(time)s") % {"time": at_words(hold.until, zone, now)} if hold.until else _("until released")
    by = _("by %(name)s") % {"name": hold.author_name} if hold.author_name else ""
    return ", ".join(part for part in (until, by) if part) + (f": {hold.reason}" if hold.reason else "")


def operation_card(operation: Operation, zone: str, now: datetime) -> OperationCard:
    """The timeline of one operation; its steps should be prefetched."""
    tones = {
        OperationStatus.SUCCEEDED: "running",
        OperationStatus.FAILED: "failed",
        OperationStatus.CANCELLED: "stopped",
        OperationStatus.PENDING: "moving",
        OperationStatus.RUNNING: "moving",
    }
    starting = operation.kind == Operation.Kind.START
    took = operation.duration
    return OperationCard(
        operation=operation,
        title=_("Start") if starting else _("Stop"),
        who=operation.reason_text,
        tone=tones[OperationStatus(operation.status)],
        status=operation.get_status_display(),
        began=at_words(operation.created_at, zone, now),
        took=spoken(took, language()) if took else "",
        steps=tuple(_line(step, zone) for step in operation.steps.all()),
    )


def usual_durations(environments: Iterable[int], kind: str) -> dict[int, timedelta]:
    """How long an operation of this kind usually takes: the median of the last successful ones of each environment."""
    found: dict[int, list[timedelta]] = {}
    done = Operation.objects.filter(environment__in=list(environments), kind=kind, status=OperationStatus.SUCCEEDED)
    for pk, began, ended in done.order_by("-created_at").values_list("environment", "started_at", "finished_at")[:200]:
        took = found.setdefault(pk, [])
        if began and ended and len(took) < LEARN_FROM and ended - began > timedelta(seconds=5):
            took.append(ended - began)
    return {pk: median(took) for pk, took in found.items() if took}


def _next_text(found: rules.Explanation, zone: str, now: datetime) -> str:
    if found.until is None:
        return _("nothing planned")
    time = at_words(found.until, zone, now)
    if found.then == rules.Desired.RUNNING:
        return _("starts %(time)s") % {"time": time}
    if found.then == rules.Desired.STOPPED:
        return _("stops %(time)s") % {"time": time}
    return _("left as it is from %(time)s") % {"time": time}


def _progress(operation: Operation, now: datetime, usual: timedelta | None) -> Progress:
    steps: Sequence[OperationStep] = list(operation.steps.all())
    if not steps:
        return Progress(3, _("waiting for a worker"), "", ())
    working = [s for s in steps if s.status == StepStatus.RUNNING]
    over = sum(s.status in {StepStatus.DONE, StepStatus.SKIPPED} for s in steps)
    share = over / len(steps)
    lines: list[dict[str, str]] = []
    for step in working:
        seen: dict[str, Any] = step.progress
        if seen.get("total"):
            share += seen["done"] / seen["total"] / len(steps)
        lines += seen.get("lines", [])
    text = "; ".join(s.error_text or s.detail_text or step_name(s.name) for s in working)
    if not text:
        upcoming = next((s for s in steps if s.status == StepStatus.PENDING), None)
        text = step_name(upcoming.name) if upcoming else ""
    return Progress(max(3, min(99, round(share * 100))), text, _left(operation, now, usual), tuple(map(_event, lines)))


def _left(operation: Operation, now: datetime, usual: timedelta | None) -> str:
    if usual is None:
        return ""
    left = usual - (now - (operation.started_at or now))
    if left <= timedelta():
        return _("longer than usual")
    rounded = timedelta(minutes=round(left.total_seconds() / 60)) if left >= timedelta(seconds=90) else left
    return _("about %(time)s left") % {"time": spoken(rounded, language())}


def _event(line: dict[str, str]) -> dict[str, str]:
    status = line["status"]
    tone = "failed" if "FAILED" in status else "moving" if status.endswith("IN_PROGRESS") else "running"
    at = datetime.fromisoformat(line["at"])
    return line | {"tone": tone, "clock": f"{at:%H:%M:%S}"}


def _noted(current: Operation | None) -> str:
    if current is None or not current.next_wish:
        return ""
    starting = current.next_wish["kind"] == Operation.Kind.START
    return _("A start follows at once.") if starting else _("A stop follows at once.")


def _is_guarded(operation: Operation) -> bool:
    return any(step.name == "guard" and step.status == StepStatus.FAILED for step in operation.steps.all())


def _line(step: OperationStep, zone: str) -> StepLine:
    at = step.finished_at or step.started_at
    return StepLine(
        clock=formats.time_format(at.astimezone(ZoneInfo(zone)), "H:i:s") if at else "",
        tone=STEP_TONES[StepStatus(step.status)],
        status=step.get_status_display(),
        title=step_name(step.name),
        target=step.target_label,
        text=step.error_text or step.detail_text,
        raw=step.error_detail,
    )
