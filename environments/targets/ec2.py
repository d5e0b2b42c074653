"""EC2 instances, by their ids or by a tag filter: started, and stopped or hibernated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from . import ec2_calls as calls
from . import ec2_texts as texts
from .base import (
    AccountRef,
    Done,
    Goal,
    OptionField,
    Outcome,
    Seen,
    StepContext,
    StepDef,
    TargetError,
    TargetRef,
    Texts,
    Wait,
)
from .client import client, in_words
from .ec2_instances import Found, Instance, find, instances, seen_as, since, to_start
from .pace import pause
from .selection import SelectionError, selection

LOOK = StepDef("look", timedelta(minutes=10), preflight=True)
REMEMBER = StepDef("remember", timedelta(minutes=10))
# A large Windows instance takes up to 20 minutes to hibernate; capacity that lacks is asked for for a while.
START = StepDef("start", timedelta(hours=1))
STOP = StepDef("stop", timedelta(hours=1))
# https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html: what was asked may not be seen at once.
SETTLES = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html: those that another try can help.
WORTH_ANOTHER_TRY = frozenset({"Server.InsufficientInstanceCapacity", "Server.InternalError"})
TRIES = 6
INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class Ec2Instances:
    """Steps of one target's instances. Each may run again at any time: it looks at what is there before it acts.

    A filter's target remembers `ran`: the ids that ran before the last stop, and `down`: no start was completed since
    (what a stop finds stopped by an earlier, unfinished one then still counts as having run).
    """

    kind = "ec2"
    label: Texts = {"en": "EC2 instances", "ko": "EC2 인스턴스"}
    identifier_label: Texts = {"en": "Instance ids or tag filter", "ko": "인스턴스 ID 또는 태그 필터"}
    option_fields: tuple[OptionField, ...] = texts.OPTION_FIELDS
    actions = (
        *("ec2:DescribeInstances", "ec2:DescribeInstanceStatus"),
        *("ec2:StartInstances", "ec2:StopInstances"),
    )

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        return (LOOK, START) if goal is Goal.START else (LOOK, REMEMBER, STOP)

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        act = getattr(self, f"_{goal}_{step}")
        with in_words("ec2", step, ref.account, ref.region):
            ec2 = client("ec2", ref.account, ref.region)
            outcome: Outcome = act(ref, context, _found(ec2, ref), ec2)
        return outcome

    def state(self, ref: TargetRef) -> Seen:
        with in_words("ec2", "DescribeInstances", ref.account, ref.region):
            return seen_as(ref, _found(client("ec2", ref.account, ref.region), ref))

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        chosen = [selection(ref.identifier) for ref in refs]
        with in_words("ec2", "DescribeInstances", account, region):
            seen = list(instances(client("ec2", account, region), chosen))
        return {ref.identifier: seen_as(ref, find(one, seen)) for ref, one in zip(refs, chosen, strict=True)}

    def since(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, datetime]:
        """Since when they run or are stopped (`services.interval_looks.Dated`)."""
        chosen = [selection(ref.identifier) for ref in refs]
        with in_words("ec2", "DescribeInstances", account, region):
            seen = list(instances(client("ec2", account, region), chosen))
        dated = {ref.identifier: since(find(one, seen)) for ref, one in zip(refs, chosen, strict=True)}
        return {identifier: at for identifier, at in dated.items() if at is not None}

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        try:
            chosen = selection(ref.identifier)
        except SelectionError as error:
            return {"identifier": error.texts}
        if chosen.tags:
            return {}
        parts = [part.strip() for part in chosen.name.split(",")]
        if not any(parts):
            return {"identifier": texts.NO_ID}
        strange = [part for part in parts if not INSTANCE_ID.fullmatch(part)]
        if strange:
            return {"identifier": texts.strange_id(strange[0])}
        again = [part for part in parts if parts.count(part) > 1]
        return {"identifier": texts.twice(again[0])} if again else {}

    # -- start ---------------------------------------------------------------------------------------------------

    def _start_look(self, ref: TargetRef, context: StepContext, found: Found, ec2: Any) -> Outcome:
        if found.missing:
            raise TargetError(texts.missing(found.missing, ref.region))
        _must_find(ref, found)
        meant = to_start(ref, found.members)
        if all(one.state == "running" for one in meant) and not ref.options.get("wait_for_checks"):
            said = texts.joined(texts.already_running(len(meant)), _notes(ref, found))
            return Done(said, finished=True, remember=_is_up(ref))
        waiting = sum(one.state != "running" for one in meant)
        return Done(texts.joined(texts.will_start(waiting), _notes(ref, found)))

    def _start_start(self, ref: TargetRef, context: StepContext, found: Found, ec2: Any) -> Outcome:
        if found.missing:
            raise TargetError(texts.missing(found.missing, ref.region))
        _must_find(ref, found)
        meant = to_start(ref, found.members)
        asked = _asked(context)
        idle = [one for one in meant if one.state == "stopped" and _is_due(asked.get(one.id), context.now)]
        fallen = [one for one in idle if one.id in asked and not _worth_another_try(one, asked[one.id][1])]
        if fallen:
            raise TargetError(
                texts.stopped_again(fallen), raw="\n".join(f"{one.id}: {one.why[0]}: {one.why[1]}" for one in fallen)
            )
        up = [one.id for one in meant if one.state == "running"]
        seen = {"done": len(up), "total": len(meant)}
        if idle:
            calls.start(ec2, idle, context.renew)
            return Wait(pause(context), texts.running_so_far(**seen), seen, {"asked": _noted(asked, idle, context.now)})
        if len(up) < len(meant):
            return Wait(pause(context), texts.running_so_far(**seen), seen)
        if ref.options.get("wait_for_checks") and (left := calls.unchecked(ec2, up)):
            return Wait(pause(context), texts.checking(left, len(up)), seen)
        said = texts.joined(texts.started(len(up), context.now - context.since), _notes(ref, found))
        return Done(said, remember=_is_up(ref))

    # -- stop ----------------------------------------------------------------------------------------------------

    def _stop_look(self, ref: TargetRef, context: StepContext, found: Found, ec2: Any) -> Outcome:
        if not found.missing:
            _must_find(ref, found)
        waiting = len(found.members) - len(found.ids("stopped"))
        if not waiting:
            said = texts.joined(texts.already_stopped(len(found.members)), _notes(ref, found, stopping=True))
            return Done(said, finished=True)
        return Done(texts.joined(texts.will_stop(waiting), _notes(ref, found, stopping=True)))

    def _stop_remember(self, ref: TargetRef, context: StepContext, found: Found, ec2: Any) -> Outcome:
        running = found.ids("pending", "running")
        if not running:
            return Done(texts.NOTHING_RAN)
        there = {one.id for one in found.members}
        before = there.intersection(ref.memory.get("ran", ())) if ref.memory.get("down") else set()
        ran = sorted({*before, *running})
        return Done(texts.remembered(len(ran)), remember={**ref.memory, "ran": ran, "down": True})

    def _stop_stop(self, ref: TargetRef, context: StepContext, found: Found, ec2: Any) -> Outcome:
        asked = _asked(context)
        refused: dict[str, str] = dict(context.memo.get("refused", {}))
        awake: list[str] = list(context.memo.get("awake", ()))
        running = [one for one in found.members if one.state == "running" and one.id not in refused]
        again = [one.id for one in running if one.id in asked and _is_due(asked[one.id], context.now)]
        if again:
            raise TargetError(texts.runs_again(again))
        todo = [one for one in running if one.id not in asked]
        seen = {"done": len(found.ids("stopped")), "total": len(found.members)}
        if todo:
            refusals, normally = _stop(ec2, todo, context.renew, hibernate=bool(ref.options.get("hibernate")))
            memo = {
                "asked": _noted(asked, [one for one in todo if one.id not in refusals], context.now),
                "refused": refused | refusals,
                "awake": sorted({*awake, *normally}),
            }
            return Wait(pause(context), texts.stopped_so_far(**seen), seen, memo)
        if seen["done"] + sum(one.id in refused for one in found.members) < seen["total"]:
            return Wait(pause(context), texts.stopped_so_far(**seen), seen)
        if refused:
            raise TargetError(texts.refused(refused), raw="\n".join(refused.values()))
        notes = [*([texts.not_hibernated(awake)] if awake else []), *_notes(ref, found, stopping=True)]
        return Done(texts.joined(texts.stopped(seen["total"], context.now - context.since), notes))


def _found(ec2: Any, ref: TargetRef) -> Found:
    chosen = selection(ref.identifier)
    return find(chosen, instances(ec2, [chosen]))


def _must_find(ref: TargetRef, found: Found) -> None:
    """`TargetError` where there is nothing to switch."""
    if not found.members and found.grouped:
        raise TargetError(texts.only_grouped(found.grouped))
    if not found.members:
        raise TargetError(texts.nothing_found(ref.identifier, ref.region))


def _notes(ref: TargetRef, found: Found, *, stopping: bool = False) -> list[Texts]:
    meant = {one.id for one in to_start(ref, found.members)}
    resting = [] if stopping else [one.id for one in found.members if one.id not in meant and one.state == "stopped"]
    return texts.notes(found.grouped, found.missing, resting)


def _is_up(ref: TargetRef) -> Mapping[str, Any] | None:
    """What is remembered from now on: that a start was completed since the last stop."""
    return {**ref.memory, "down": False} if ref.memory.get("down") else None


def _asked(context: StepContext) -> dict[str, tuple[datetime, int]]:
    """The instances that AWS was asked for in this step: when last, and how often."""
    return {
        instance_id: (datetime.fromisoformat(at), tries)
        for instance_id, (at, tries) in context.memo.get("asked", {}).items()
    }


def _noted(
    asked: Mapping[str, tuple[datetime, int]], chosen: Sequence[Instance], now: datetime
) -> dict[str, tuple[str, int]]:
    kept = {instance_id: (at.isoformat(), tries) for instance_id, (at, tries) in asked.items()}
    return kept | {one.id: (now.isoformat(), asked.get(one.id, (now, 0))[1] + 1) for one in chosen}


def _is_due(asked: tuple[datetime, int] | None, now: datetime) -> bool:
    """Whether what was asked must be seen by now: half a minute after the first try, twice as long after each more."""
    if asked is None:
        return True
    at, tries = asked
    patience: timedelta = SETTLES * 2 ** (tries - 1)
    return now - at >= min(patience, LONGEST_PAUSE)


def _worth_another_try(one: Instance, tries: int) -> bool:
    return one.why[0] in WORTH_ANOTHER_TRY and tries < TRIES


def _stop(
    ec2: Any, todo: Sequence[Instance], renew: calls.Renew, *, hibernate: bool
) -> tuple[dict[str, str], list[str]]:
    """Ask for the stop of all: what AWS refuses for good (id -> why), and what is stopped normally although it should
    hibernate."""
    able = [one.id for one in todo if hibernate and one.hibernates]
    unable = calls.stop(ec2, able, renew, hibernate=True)
    refused = {instance_id: why for instance_id, why in unable.items() if calls.CANNOT_HIBERNATE not in why}
    plain = [one.id for one in todo if one.id not in able or (one.id in unable and one.id not in refused)]
    return refused | calls.stop(ec2, plain, renew), plain if hibernate else []
