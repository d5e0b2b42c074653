"""ECS services, by their names or by a tag filter: scaled to no task, and back to as many as before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from . import ecs_redeploy
from . import ecs_service_texts as texts
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
from .ecs_health import SETTLES, complaint, failing, said
from .ecs_scaling import ALL, Scaling, set_suspended, targets
from .ecs_services import (
    Found,
    Service,
    chosen_by,
    count_for,
    find,
    keys_of,
    remembered,
    seen_as,
    services,
    to_start,
)
from .pace import pause
from .selection import SelectionError, selection

LOOK = StepDef("look", timedelta(minutes=10), preflight=True)
REMEMBER = StepDef("remember", timedelta(minutes=10))
SUSPEND = StepDef("suspend", timedelta(minutes=10))
SCALE = StepDef("scale", timedelta(minutes=10))
RESTORE = StepDef("restore", timedelta(minutes=10))
# Targets of a load balancer may take an hour to be let go; images of tasks may be large.
WAIT = StepDef("wait", timedelta(hours=2))
# A container that ends right after its start runs for a moment: what runs must still run a little later.
STEADY = timedelta(seconds=15)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
NAME = r"[A-Za-z0-9_-]{1,255}"
MOST_TASKS = 5000


class EcsServices:
    """Steps of one target's services. Each may run again at any time: it looks at what is there before it acts.

    It remembers of each service its count and its scalable target (`ecs_services.remembered`).
    """

    kind = "ecs_service"
    redeploys = True
    label: Texts = {"en": "ECS services", "ko": "ECS 서비스"}
    identifier_label: Texts = {"en": "cluster/service or tag filter", "ko": "클러스터/서비스 또는 태그 필터"}
    option_fields: tuple[OptionField, ...] = texts.OPTION_FIELDS
    actions = (
        *("ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:UpdateService"),
        *("application-autoscaling:DescribeScalableTargets", "application-autoscaling:RegisterScalableTarget"),
    )

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        if goal is Goal.REDEPLOY:
            return ecs_redeploy.STEPS
        return (LOOK, SCALE, RESTORE, WAIT) if goal is Goal.START else (LOOK, REMEMBER, SUSPEND, SCALE, WAIT)

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        act = getattr(ecs_redeploy, step) if goal is Goal.REDEPLOY else getattr(self, f"_{goal}_{step}")
        with in_words("ecs", step, ref.account, ref.region):
            ecs = client("ecs", ref.account, ref.region)
            outcome: Outcome = act(ref, context, _found(ecs, ref), ecs)
        return outcome

    def state(self, ref: TargetRef) -> Seen:
        with in_words("ecs", "DescribeServices", ref.account, ref.region):
            return seen_as(ref, _found(client("ecs", ref.account, ref.region), ref))

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        chosen = [chosen_by(ref) for ref in refs]
        with in_words("ecs", "DescribeServices", account, region):
            seen = list(services(client("ecs", account, region), chosen))
        return {ref.identifier: seen_as(ref, find(one, seen)) for ref, one in zip(refs, chosen, strict=True)}

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        found: dict[str, Texts] = {}
        count = ref.options.get("default_count")
        if count not in {None, ""} and not (type(count) is int and 1 <= count <= MOST_TASKS):
            found["default_count"] = texts.COUNT
        cluster = str(ref.options.get("cluster") or "").strip()
        if cluster and not re.fullmatch(NAME, cluster):
            found["cluster"] = texts.strange_cluster(cluster)
        try:
            chosen = selection(ref.identifier)
        except SelectionError as error:
            return {**found, "identifier": error.texts}
        parts = [part.strip() for part in chosen.name.split(",")]
        if chosen.tags:
            return found
        strange = [part for part in parts if not re.fullmatch(f"{NAME}/{NAME}", part)]
        again = [part for part in parts if parts.count(part) > 1]
        if strange:
            found["identifier"] = texts.strange_name(strange[0])
        elif again:
            found["identifier"] = texts.twice(again[0])
        return found

    # -- start ---------------------------------------------------------------------------------------------------

    def _start_look(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        meant = _meant(ref, found)
        undeployed = [one.key for one in meant if one.rollout == "NONE"]
        if undeployed:
            raise TargetError(texts.not_deployed(undeployed))
        # A start that broke off may have left scaling suspended although all runs.
        held = [key for key, entry in remembered(ref).items() if entry.get("held")]
        if all(one.is_up for one in meant) and not held:
            return Done(texts.joined(texts.already_running(len(meant)), _notes(found)), finished=True)
        said_first = texts.will_start({one.key: count_for(ref, one) for one in meant})
        # Nothing is remembered of these, as of a target that was removed and added anew while it was stopped.
        unknown = [one.key for one in meant if not one.desired and one.key not in remembered(ref)]
        memo = {"failed": {one.key: one.failed for one in meant}, "unknown": unknown}
        return Done(texts.joined(said_first, _notes(found)), memo=memo)

    def _start_scale(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        wanted = [(one, count_for(ref, one)) for one in _meant(ref, found)]
        _scale(ecs, [(one, count) for one, count in wanted if not one.desired], context)
        return Done(texts.scaled(sum(count for _, count in wanted), len(wanted)))

    def _start_restore(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        noted = remembered(ref)
        held = {key: entry.get("scaling", {}).get("suspended", ALL) for key, entry in noted.items() if "held" in entry}
        # A stop that nobody remembers suspended all of it; without that, tasks would stay at the default count.
        held |= {key: {} for key in context.memo.get("unknown", ()) if key not in noted}
        if not held:
            return Done(texts.resumed(0))
        there = targets(_scaling(ref), [key for key, before in held.items() if before != ALL])
        # What somebody has resumed meanwhile is theirs.
        back = [key for key, now in there.items() if now.suspended == ALL]
        for key in back:
            context.renew()
            set_suspended(_scaling(ref), key, held[key])
        for entry in noted.values():
            entry.pop("held", None)
        return Done(texts.resumed(len(back)), remember={**ref.memory, "services": noted})

    def _start_wait(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        meant = _meant(ref, found)
        waited = context.now - context.since
        before: Mapping[str, int] = context.memo.get("failed", {})
        for one in meant:
            why = failing(one, since=context.began, waited=waited, before=before.get(one.key, 0))
            if why:
                raise TargetError(texts.keeps_failing(one.key, why), raw=said(one, since=context.began) or why)
        scaled_away = [one.key for one in meant if not one.desired]
        if scaled_away and waited >= SETTLES:
            raise TargetError(texts.scaled_away(scaled_away))
        seen = {"done": sum(min(one.running, one.desired) for one in meant), "total": sum(one.desired for one in meant)}
        if not all(one.is_up for one in meant):
            words = next((text for one in meant if (text := complaint(one, since=context.began))), "")
            return Wait(pause(context), texts.running_so_far(**seen, words=words), seen, {"up_since": ""})
        up_since = context.memo.get("up_since") or context.now.isoformat()
        if context.now - datetime.fromisoformat(up_since) < STEADY:
            return Wait(pause(context), texts.running_so_far(**seen, words=""), seen, {"up_since": up_since})
        return Done(texts.joined(texts.started(seen["total"], waited), _notes(found)))

    # -- stop ----------------------------------------------------------------------------------------------------

    def _stop_look(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        if not found.missing:
            _must_find(ref, found)
        _no_named_daemon(ref, found)
        up = [one for one in found.members if not one.is_down]
        if not up:
            return Done(texts.joined(texts.already_stopped(len(found.members)), _notes(found)), finished=True)
        return Done(texts.joined(texts.will_stop([one.key for one in up]), _notes(found)))

    def _stop_remember(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        noted, named = remembered(ref), bool(selection(ref.identifier).name)
        running = [one for one in found.members if one.desired]
        if not running:
            return Done(texts.NOTHING_RAN)
        there = targets(_scaling(ref), [one.key for one in running])
        kept = dict(noted) if named else {}
        for one in found.members:
            old = noted.get(one.key, {})
            if one.desired:
                kept[one.key] = {"count": one.desired, "held": True} | _scaling_noted(there.get(one.key), old)
            elif old.get("held"):
                kept[one.key] = old
            elif not named:
                kept[one.key] = {"count": 0}
        counts = {one.key: one.desired for one in running}
        return Done(texts.remembered(counts), remember={**ref.memory, "services": kept})

    def _stop_suspend(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        there = targets(_scaling(ref), [one.key for one in found.members if one.desired])
        for key, now in there.items():
            if now.suspended != ALL:
                context.renew()
                set_suspended(_scaling(ref), key, ALL)
        return Done(texts.suspended(len(there)))

    def _stop_scale(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        _scale(ecs, [(one, 0) for one in found.members if one.desired], context)
        return Done(texts.scaled(0, len(found.members)))

    def _stop_wait(self, ref: TargetRef, context: StepContext, found: Found, ecs: Any) -> Outcome:
        waited = context.now - context.since
        again = [one.key for one in found.members if one.desired]
        if again and waited >= SETTLES:
            raise TargetError(texts.scaled_again(again))
        left = sum(one.running + one.pending for one in found.members)
        if left or again:
            most = max(left, context.memo.get("most", 0))
            words = next((text for one in found.members if (text := complaint(one, since=context.began))), "")
            seen = {"done": most - left, "total": most}
            return Wait(pause(context), texts.still_running(left, words), seen, {"most": most})
        return Done(texts.joined(texts.stopped(len(found.members), waited), _notes(found)))


def _found(ecs: Any, ref: TargetRef) -> Found:
    chosen = chosen_by(ref)
    return find(chosen, services(ecs, [chosen]))


def _scaling(ref: TargetRef) -> Any:
    return client("application-autoscaling", ref.account, ref.region)


def _scaling_noted(now: Scaling | None, old: Mapping[str, Any]) -> dict[str, Any]:
    """The scalable target as it is to come back: an unfinished stop of ours may have suspended it already."""
    if now is None:
        return {}
    ours = old.get("held") and old.get("scaling") and now.suspended == ALL
    return {"scaling": now.noted() | ({"suspended": old["scaling"]["suspended"]} if ours else {})}


def _meant(ref: TargetRef, found: Found) -> tuple[Service, ...]:
    """What a start is about. `TargetError` where AWS lacks something, or it cannot be scaled."""
    if found.missing:
        raise TargetError(texts.missing(found.missing, ref.region))
    _must_find(ref, found)
    _no_named_daemon(ref, found)
    return to_start(ref, found.members)


def _must_find(ref: TargetRef, found: Found) -> None:
    if not found.members and not found.daemons:
        raise TargetError(texts.nothing_found(ref.identifier, chosen_by(ref)[1], ref.region))
    if not found.members:
        raise TargetError(texts.daemons(found.daemons))


def _no_named_daemon(ref: TargetRef, found: Found) -> None:
    if found.daemons and keys_of(selection(ref.identifier)):
        raise TargetError(texts.daemons(found.daemons))


def _notes(found: Found) -> list[Texts]:
    return texts.notes(found.daemons, found.missing)


def _scale(ecs: Any, wanted: Sequence[tuple[Service, int]], context: StepContext) -> None:
    """Have each service scaled. What AWS refuses of one does not hold up the others; its error is raised at the end."""
    refused: ClientError | None = None
    for one, count in wanted:
        context.renew()
        try:
            ecs.update_service(cluster=one.cluster, service=one.name, desiredCount=count)
        except ClientError as error:
            refused = refused or error
    if refused:
        raise refused
