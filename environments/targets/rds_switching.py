"""Starting and stopping databases, instances and clusters alike: the steps that both kinds share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from . import rds_restarts as restarts
from . import rds_texts as texts
from .base import AccountRef, Done, Goal, Outcome, Seen, StepContext, StepDef, TargetError, TargetRef, Wait
from .client import client, in_words
from .pace import pause
from .rds_databases import IS_DOWN, IS_UP, Database, Found, Phase, find, seen_as, to_start
from .rds_snapshots import WRONG_STATE, SnapshotCalls, is_taken, let_go
from .selection import selection

# Backups, changes of class and upgrades of a large database take that long; its environment waits, unchanged.
LOOK = StepDef("look", timedelta(hours=2), preflight=True)
REMEMBER = StepDef("remember", timedelta(minutes=10))
# A first snapshot copies the whole volume.
SNAPSHOT = StepDef("snapshot", timedelta(hours=6))
STOP = StepDef("stop", timedelta(hours=2))
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StartInstance.html: recovery takes minutes to hours.
START = StepDef("start", timedelta(hours=3))
# What was accepted is seen in the status by then.
SETTLES = timedelta(minutes=2)
# A refusal for its state, of what seems ready for as long, is no race with something that is just beginning.
REFUSED_FOR = timedelta(minutes=15)
KEEP = 3


class Pass(NamedTuple):
    """One call's worth of a step: what it is about, and when AWS accepted (`asked`) or first refused what."""

    rds: Any
    ref: TargetRef
    context: StepContext
    found: Found
    asked: dict[str, str]
    refused: dict[str, str]

    def passed(self, since: str) -> timedelta:
        return self.context.now - datetime.fromisoformat(since)


class Databases(ABC):
    """Steps of one target's databases. Each may run again at any time: it looks at what is there before it acts.

    A target remembers `restarts` (when AWS is going to start which of its stopped databases by itself); that of a
    filter also `ran` (which ran before the last stop) and `down` (no start was completed since).
    """

    noun: texts.Noun
    source: str
    """What RDS's events call it."""
    snapshots: SnapshotCalls

    @abstractmethod
    def described(self, rds: Any, identifier: str) -> Iterable[Database]:
        """The one with this identifier (none where AWS has none), or with an empty one all; one call a page."""

    @abstractmethod
    def ask_start(self, rds: Any, database: Database) -> None: ...

    @abstractmethod
    def ask_stop(self, rds: Any, database: Database) -> None: ...

    def parts_up(self, rds: Any, database: Database) -> tuple[int, int]:
        """How many instances of a database that is up are up themselves, of how many. `TargetError` for one that needs
        a person."""
        return 1, 1

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        return (LOOK, START) if goal is Goal.START else (LOOK, REMEMBER, SNAPSHOT, STOP)

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        act: Callable[[Pass], Outcome] = getattr(self, f"_{goal}_{step}")
        with in_words("rds", step, ref.account, ref.region):
            rds = client("rds", ref.account, ref.region)
            found = self.look(rds, ref)
            if not found.members and goal is Goal.STOP and selection(ref.identifier).name:
                return Done(texts.not_there(ref), finished=True)
            if not found.members:
                raise TargetError(texts.nothing(self.noun, ref, found.left_alone))
            memo = context.memo
            outcome: Outcome = act(
                Pass(rds, ref, context, found, dict(memo.get("asked", {})), dict(memo.get("refused", {})))
            )
        return outcome

    def look(self, rds: Any, ref: TargetRef) -> Found:
        chosen = selection(ref.identifier)
        return find(chosen, self.described(rds, chosen.name))

    def state(self, ref: TargetRef) -> Seen:
        with in_words("rds", "describe", ref.account, ref.region):
            return seen_as(ref, self.look(client("rds", ref.account, ref.region), ref))

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        with in_words("rds", "describe", account, region):
            seen = list(self.described(client("rds", account, region), ""))
        return {ref.identifier: seen_as(ref, find(selection(ref.identifier), seen)) for ref in refs}

    def started_by_aws(self, ref: TargetRef, now: datetime) -> list[str]:
        """The databases that are up because AWS has started them since our last stop, as it says itself; none when one
        is up for another reason. `TargetError` when AWS cannot be asked. Calls: one a database whose time has passed,
        and for a filter one a page to see what is up."""
        with in_words("rds", "DescribeEvents", ref.account, ref.region):
            rds = client("rds", ref.account, ref.region)
            up = list(ref.memory.get("restarts", {}))
            if not selection(ref.identifier).name:
                up = [one.id for one in self.look(rds, ref).members if one.phase not in IS_DOWN]
            return up if all(restarts.says_so(rds, self.source, one, ref.memory, now) for one in up) else []

    # -- start ---------------------------------------------------------------------------------------------------

    def _start_look(self, now: Pass) -> Outcome:
        meant = to_start(now.ref, now.found.members)
        _none_unfit([one for one in meant if one.cluster])
        _none_broken(meant)
        done, total = self._parts(now, meant)
        if done == total:
            return Done(texts.already_up(meant), finished=True, remember=_is_up(now.ref))
        return Done(texts.will_start([one for one in meant if one.phase not in IS_UP], now.found.left_alone))

    def _start_start(self, now: Pass) -> Outcome:
        meant = to_start(now.ref, now.found.members)
        _none_unfit([one for one in meant if one.cluster])
        _none_broken(meant)
        down = [one for one in meant if one.phase in IS_DOWN]
        fallen = [one for one in down if one.id in now.asked and now.passed(now.asked[one.id]) > SETTLES]
        if fallen:
            raise self._fallen(now, fallen[0], texts.stopped_again(fallen[0]))
        self._ask(now, [one for one in down if one.id not in now.asked], self.ask_start)
        done, total = self._parts(now, meant)
        if done < total:
            return self._wait(now, texts.started_so_far(done, total, _waiting(meant, IS_UP)), done, total)
        return Done(texts.started(meant, now.context.now - now.context.since), remember=_is_up(now.ref))

    def _parts(self, now: Pass, meant: Iterable[Database]) -> tuple[int, int]:
        """How many instances are up, of how many."""
        parts = [self.parts_up(now.rds, one) if one.phase in IS_UP else (0, one.parts) for one in meant]
        return sum(up for up, _ in parts), sum(total for _, total in parts)

    # -- stop ----------------------------------------------------------------------------------------------------

    def _stop_look(self, now: Pass) -> Outcome:
        members = now.found.members
        if all(one.phase in IS_DOWN for one in members):
            return Done(texts.already_stopped(members), finished=True, remember=_with_restarts(now))
        up = _waiting(members, {Phase.STOPPING, *IS_DOWN})
        _none_unfit(up)
        _none_broken(up)
        busy = _waiting(up, {Phase.UP})
        if busy:
            return Wait(pause(now.context), texts.busy(busy))
        return Done(texts.will_stop(up, self._restarted(now), now.found.left_alone))

    def _stop_remember(self, now: Pass) -> Outcome:
        memory = now.ref.memory
        if selection(now.ref.identifier).name:
            return Done(texts.NOTHING_TO_REMEMBER)
        by_aws = self._restarted(now)
        there = {one.id for one in now.found.members}
        running = set(now.found.ids(Phase.UP, Phase.SERVING, Phase.BUSY, Phase.STARTING))
        if not running:
            return Done(texts.NOTHING_TO_REMEMBER)
        before = there.intersection(memory.get("ran", ())) if memory.get("down") else set()
        # What AWS has started by itself is not what people want to run.
        ran = sorted(before | (running - set(by_aws)))
        return Done(texts.remembered(ran), remember={**memory, "ran": ran, "down": True})

    def _stop_snapshot(self, now: Pass) -> Outcome:
        if not now.ref.options.get("snapshot"):
            return Done(texts.NO_SNAPSHOT)
        began, renew = now.context.began, now.context.renew
        up = _waiting(now.found.members, {Phase.STOPPING, *IS_DOWN})
        _none_broken(up)
        taken = [one for one in up if is_taken(self.snapshots, now.rds, one, began, renew)]
        if len(taken) < len(up):
            return self._wait(now, texts.snapshots_so_far(len(taken), len(up)), len(taken), len(up))
        gone: list[str] = []
        kept: dict[str, str] = {}
        for one in up:
            went, stayed = let_go(self.snapshots, now.rds, one, began, _keep(now.ref), renew)
            gone, kept = gone + went, kept | stayed
        return Done(texts.snapshots_taken([self.snapshots.name(one, began) for one in up], gone, kept))

    def _stop_stop(self, now: Pass) -> Outcome:
        members = now.found.members
        _none_broken(members)
        up = [one for one in members if one.phase is Phase.UP]
        back = [one for one in up if one.id in now.asked and now.passed(now.asked[one.id]) > SETTLES]
        if back:
            raise self._fallen(now, back[0], texts.runs_again(back[0]))
        todo = [one for one in up if one.id not in now.asked]
        _none_unfit(todo)
        self._ask(now, todo, self.ask_stop)
        down = [one for one in members if one.phase in IS_DOWN]
        if len(down) < len(members):
            said = texts.stopped_so_far(
                len(down), len(members), _waiting(members, {Phase.UP, Phase.STOPPING, *IS_DOWN})
            )
            return self._wait(now, said, len(down), len(members))
        said = texts.stopped(members, now.context.now - now.context.since)
        return Done(said, remember=_with_restarts(now))

    # -- what both need ------------------------------------------------------------------------------------------

    def _ask(self, now: Pass, todo: Iterable[Database], ask: Callable[[Any, Database], None]) -> None:
        """Ask AWS for each, also when it refuses one of them. A refusal for its state is a race with something that
        has just begun: it is looked at again. Others are raised. Notes what was asked."""
        wrong: ClientError | TargetError | None = None
        for one in todo:
            now.context.renew()
            try:
                ask(now.rds, one)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                since = now.refused.setdefault(one.id, now.context.now.isoformat())
                if code in WRONG_STATE and now.passed(since) <= REFUSED_FOR:
                    continue
                wrong = wrong or texts.refusal(one, code, error) or error
            else:
                now.asked[one.id] = now.context.now.isoformat()
                now.refused.pop(one.id, None)
        if wrong:
            raise wrong

    def _wait(self, now: Pass, said: Mapping[str, str], done: int, total: int) -> Wait:
        memo = {"asked": now.asked, "refused": now.refused}
        return Wait(pause(now.context), said, {"done": done, "total": total}, memo)

    def _restarted(self, now: Pass) -> list[str]:
        return restarts.started_by_aws(now.rds, self.source, now.found.members, now.ref.memory, now.context.now)

    def _fallen(self, now: Pass, one: Database, said: Mapping[str, str]) -> TargetError:
        return TargetError(said, raw=restarts.told_since(now.rds, self.source, one.id, now.context.began))


def _none_unfit(chosen: Iterable[Database]) -> None:
    """`TargetError` for the first that AWS does not start and stop as it is set up."""
    for one in chosen:
        if one.unfit:
            raise TargetError(one.unfit)


def _none_broken(chosen: Iterable[Database]) -> None:
    """`TargetError` for the first whose status needs a person."""
    for one in chosen:
        if one.phase is Phase.BROKEN:
            raise TargetError(texts.broken(one), raw=one.status)


def _waiting(chosen: Iterable[Database], fine: Iterable[Phase]) -> list[Database]:
    return [one for one in chosen if one.phase not in set(fine)]


def _keep(ref: TargetRef) -> int:
    return int(ref.options.get("keep_snapshots") or KEEP)


def _is_up(ref: TargetRef) -> Mapping[str, Any] | None:
    """What is remembered once it is up: that a start was completed, and no more when AWS would have started it."""
    kept = {key: False if key == "down" else value for key, value in ref.memory.items() if key != "restarts"}
    return kept if kept != ref.memory else None


def _with_restarts(now: Pass) -> Mapping[str, Any] | None:
    """What is remembered of what is stopped: when AWS is going to start it."""
    noted = restarts.noted(now.found.members)
    return {**now.ref.memory, "restarts": noted} if noted != now.ref.memory.get("restarts", {}) else None
