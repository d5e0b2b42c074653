"""What people see of an operation: its timeline, and while it is under way how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from environments.aws.parameter_texts import with_moments
from environments.models import Operation, OperationStatus, OperationStep, StepStatus
from environments.rules.durations import spoken

from .displays import OPERATION_TONES, STEP_TONES, also, at_words, language, name_of, step_name
from .own_clock import also_clock, at_place_words

LEARN_FROM = 5
# Shorter ones found everything done already, and say nothing about how long it takes.
WORTH_LEARNING = timedelta(seconds=5)
# “Than usual” is said when so many earlier ones are known, and of what is off by more than a twentieth.
KNOWN_WELL = 3
NEAR = 0.05


@dataclass(frozen=True, slots=True)
class Usual:
    """How long it took before: `whole` the operation, as soon as one is known; `well` and `steps`, by name and target,
    when enough are known to compare with."""

    whole: timedelta | None = None
    well: timedelta | None = None
    steps: Mapping[tuple[str, int | None], timedelta] = field(default_factory=dict)


NOTHING_KNOWN = Usual()


@dataclass(frozen=True, slots=True)
class StepLine:
    """One row of an operation's timeline; `events` are AWS's newest lines while it is under way.

    `also` is the clock of who reads it, where that is another one; so it is of events.
    """

    clock: str
    also: str
    tone: str
    status: str
    title: str
    target: str
    text: str
    raw: str
    took: str
    compared: str
    events: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the operation under way is: a share of 100 for the bar, and words for people."""

    share: int
    text: str
    left: str


@dataclass(frozen=True, slots=True)
class OperationCard:
    """One operation, with its timeline where it is opened. `error` is what no step says, such as a deadline that is
    over. `also` says when it began by the reader's own clock, where that is another one."""

    operation: Operation
    title: str
    why: str
    who: str
    tone: str
    status: str
    began: str
    also: str
    took: str
    compared: str
    error: str
    raw: str
    steps: tuple[StepLine, ...]


def operation_title(operation: Operation) -> str:
    words = {Operation.Kind.START: _("Start"), Operation.Kind.STOP: _("Stop"), Operation.Kind.REDEPLOY: _("Redeploy")}
    return words[Operation.Kind(operation.kind)]


def operation_card(operation: Operation, zone: str, now: datetime, usual: Usual = NOTHING_KNOWN) -> OperationCard:
    """The timeline of one operation; its steps should be prefetched."""
    lines = list(operation.steps.all())
    steps = tuple(_line(step, zone, usual, now) for step in lines)
    error = operation.error_text
    said = any((step.error_text or step.detail_text) == error for step in lines)
    return replace(
        operation_line(operation, zone, now),
        compared=_compared(operation.duration, usual.well) if operation.status == OperationStatus.SUCCEEDED else "",
        error="" if said else error,
        raw="" if said else operation.error_detail,
        steps=steps,
    )


def operation_line(operation: Operation, zone: str, now: datetime) -> OperationCard:
    """One operation without its steps, for a list."""
    return OperationCard(
        operation=operation,
        title=operation_title(operation),
        why=operation.reason_text,
        who=_who(operation),
        tone=OPERATION_TONES[OperationStatus(operation.status)],
        status=operation.get_status_display(),
        began=at_words(operation.created_at, zone, now),
        also=also(operation.created_at, zone, now),
        took=_took(operation),
        compared="",
        error="",
        raw="",
        steps=(),
    )


def _took(operation: Operation) -> str:
    """“7 min 19 s, ready after 8 min 2 s”: how long it worked, and how long after the wish its
    environment first answered, where that is another time."""
    if operation.duration is None:
        return ""
    took = spoken(operation.duration, language())
    if operation.kind == Operation.Kind.STOP or operation.ready_at is None:
        return took
    ready = spoken(operation.ready_at - operation.created_at, language())
    return took if ready == took else _("%(took)s, ready after %(ready)s") % {"took": took, "ready": ready}


def _who(operation: Operation) -> str:
    return name_of(operation.actor) if operation.actor else operation.get_trigger_display()


def operation_facts(operation: Operation, zone: str, now: datetime) -> list[tuple[StrOrPromise, str]]:
    """Who, when and how long, as names and values for the operation's own page."""
    took = _took(operation)
    deadline = at_place_words(operation.deadline_at, zone, now) if operation.is_unfinished else ""
    facts = [
        (_("Asked for by"), _who(operation)),
        (_("Asked for"), at_place_words(operation.created_at, zone, now)),
        (_("Finished"), at_place_words(operation.finished_at, zone, now) if operation.finished_at else ""),
        (_("Took"), took),
        (_("Given up after"), deadline),
    ]
    return [(name, value) for name, value in facts if value]


def usual_durations(environments: Iterable[int], kind: str) -> dict[int, timedelta]:
    """How long an operation of this kind usually takes: the median of the last successful ones of each environment."""
    found: dict[int, list[float]] = {}
    done = Operation.objects.filter(environment__in=list(environments), kind=kind, status=OperationStatus.SUCCEEDED)
    for pk, began, ended in done.order_by("-created_at").values_list("environment", "started_at", "finished_at")[:200]:
        took = found.setdefault(pk, [])
        if began and ended and len(took) < LEARN_FROM and ended - began > WORTH_LEARNING:
            took.append((ended - began).total_seconds())
    return {pk: timedelta(seconds=median(took)) for pk, took in found.items() if took}


def usual_of(operation: Operation) -> Usual:
    """How long the same took before, for its environment and its kind: medians of the last successful ones before it.
    Two queries, one where there were none."""
    before = Operation.objects.filter(
        environment=operation.environment_id,
        kind=operation.kind,
        status=OperationStatus.SUCCEEDED,
        created_at__lt=operation.created_at,
    ).order_by("-created_at", "-id")
    rows = before.values_list("pk", "started_at", "finished_at")[: 4 * LEARN_FROM]
    spans = [(pk, ended - began) for pk, began, ended in rows if began and ended]
    took = [(pk, each) for pk, each in spans if each > WORTH_LEARNING][:LEARN_FROM]
    if not took:
        return NOTHING_KNOWN
    done = OperationStep.objects.filter(operation__in=[pk for pk, _each in took], status=StepStatus.DONE)
    found: dict[tuple[str, int | None], list[timedelta]] = {}
    for name, target, began, ended in done.order_by().values_list("name", "target", "started_at", "finished_at"):
        if began and ended:
            found.setdefault((name, target), []).append(ended - began)
    whole = _median([each for _pk, each in took])
    return Usual(
        whole,
        whole if len(took) >= KNOWN_WELL else None,
        {key: _median(each) for key, each in found.items() if len(each) >= KNOWN_WELL},
    )


def _median(took: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(each.total_seconds() for each in took))


def _compared(took: timedelta | None, usual: timedelta | None) -> str:
    """“12 s faster than usual”; empty where there is nothing to compare, or too little to matter."""
    if took is None or usual is None or max(took, usual) < WORTH_LEARNING:
        return ""
    off = took - usual
    if abs(off) < max(NEAR * usual, timedelta(seconds=2)):
        return _("as usual")
    words = _("%(time)s faster than usual") if off < timedelta() else _("%(time)s slower than usual")
    return words % {"time": spoken(abs(off), language())}


def progress_of(operation: Operation, now: datetime, usual: timedelta | None) -> Progress:
    """How far it is; its steps should be prefetched. `usual`: how long it took before, where that is known."""
    steps: Sequence[OperationStep] = list(operation.steps.all())
    if not steps:
        return Progress(3, _("waiting for a worker"), "")
    working = [s for s in steps if s.status == StepStatus.RUNNING]
    text = "; ".join(s.error_text or s.detail_text or step_name(s.name) for s in working)
    if not text:
        upcoming = next((s for s in steps if s.status == StepStatus.PENDING), None)
        text = step_name(upcoming.name) if upcoming else ""
    return Progress(_share(steps), text, _left(operation, now, usual))


def _share(steps: Sequence[OperationStep]) -> int:
    """Of 100: the mean over the targets. Of each, what AWS works on counts nine tenths, and the steps around it one."""
    chains: dict[int | None, list[OperationStep]] = {}
    for step in steps:
        chains.setdefault(step.target_id, []).append(step)
    if len(chains) > 1:
        chains.pop(None, None)  # telling people takes no time
    shares = [_share_of_chain(chain) for chain in chains.values()]
    return max(3, min(99, round(100 * sum(shares) / len(shares))))


def _share_of_chain(steps: Sequence[OperationStep]) -> float:
    over = sum(step.status in {StepStatus.DONE, StepStatus.SKIPPED} for step in steps) / len(steps)
    seen: dict[str, Any] = next((step.progress for step in steps if step.progress.get("total")), {})
    return over if over == 1 else 0.1 * over + (0.9 * seen["done"] / seen["total"] if seen else 0)


def is_guarded(operation: Operation) -> bool:
    """Whether it failed because somebody must first accept that data is lost."""
    return any("fingerprint" in step.memo and step.status == StepStatus.FAILED for step in operation.steps.all())


def _left(operation: Operation, now: datetime, usual: timedelta | None) -> str:
    if usual is None:
        return ""
    left = usual - (now - (operation.started_at or now))
    if left <= timedelta():
        return _("longer than usual")
    rounded = timedelta(minutes=round(left.total_seconds() / 60)) if left >= timedelta(seconds=90) else left
    return _("about %(time)s left") % {"time": spoken(rounded, language())}


def _event(line: dict[str, str], zone: str) -> dict[str, str]:
    status = line["status"]
    tone = "failed" if "FAILED" in status else "moving" if status.endswith("IN_PROGRESS") else "running"
    at = datetime.fromisoformat(line["at"])
    return line | {"tone": tone, "clock": _clock(at, zone), "also": also_clock(at, zone)}


def _clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M:%S}"


def _line(step: OperationStep, zone: str, usual: Usual, now: datetime) -> StepLine:
    def said(at: datetime) -> str:
        return " ".join(part for part in (at_words(at, zone, now), also(at, zone, now)) if part)

    at = step.finished_at or step.started_at
    took = step.finished_at - step.started_at if step.finished_at and step.started_at else None
    events = step.progress.get("lines", []) if step.status == StepStatus.RUNNING else []
    return StepLine(
        clock=_clock(at, zone) if at else "",
        also=also_clock(at, zone) if at else "",
        tone=STEP_TONES[StepStatus(step.status)],
        status=step.get_status_display(),
        title=step_name(step.name),
        target=step.target_label,
        text=with_moments(step.error_text or step.detail_text, said),
        raw=step.error_detail,
        took=spoken(took, language()) if took and took >= timedelta(seconds=1) else "",
        compared=_compared(took, usual.steps.get((step.name, step.target_id)))
        if step.status == StepStatus.DONE
        else "",
        events=tuple(_event(line, zone) for line in events),
    )
