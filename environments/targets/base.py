"""What a kind of target is: plain references in, outcomes or `TargetError` out. No Django, no models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

Texts = Mapping[str, str]


class Goal(StrEnum):
    START = "start"
    STOP = "stop"
    REDEPLOY = "redeploy"


class Seen(StrEnum):
    """What a look at a target shows; `partly` is in between or unclear."""

    RUNNING = "running"
    STOPPED = "stopped"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An AWS account as a session needs it. `role_arn` empty: the portal's own credentials."""

    account_id: str
    name: str
    role_arn: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class ParameterRef:
    """A parameter of a target and where its value comes from.

    `fixed`: the value; `ecr`: a repository's name, with globs of tags to take (`pattern`) and to leave (`excluded`);
    `ssm`: a parameter's name; `output`: stack and output, as `stack.Output`.
    """

    name: str
    source: str
    value: str
    pattern: str = ""
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class TargetRef:
    """One AWS thing, or all that a tag filter finds, as drivers see it.

    `accepted` are the fingerprints of templates whose loss an operator accepted; `memory` is what the kind's steps last
    asked to `remember`.
    """

    kind: str
    identifier: str
    account: AccountRef
    region: str
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[ParameterRef, ...] = ()
    accepted: frozenset[str] = frozenset()
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepDef:
    """A step of a kind. `preflight` steps only look, and run for all targets before anything is changed."""

    name: str
    deadline: timedelta
    preflight: bool = False


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may know: the time, its token (the same for each try), what earlier steps left, and how often it ran.

    `retried` is true when an earlier try may have acted without its answer being saved. `since` is when the step began,
    `began` when the operation did. `renew()` is called right before anything is changed: it renews the lease, and ends
    the step when somebody else has taken the operation over. `found` is what sources of parameters gave earlier in this
    operation, to any of its targets: so that none is asked twice, and all targets take the same image.
    """

    now: datetime
    token: str
    memo: Mapping[str, Any]
    retried: bool
    since: datetime
    began: datetime
    renew: Callable[[], None] = lambda: None
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The step's promise holds.

    `finished`: the whole target is where it should be, later steps are not needed. `remember` takes the place of what
    the target remembers, for the next operation (None: it stays); it is saved with the step, before the next begins.
    """

    detail: Texts
    memo: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False
    remember: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: look again after `delay`. `progress` is `{"done": n, "total": m, "texts": {…}, "lines": […]}` for
    people."""

    delay: timedelta
    detail: Texts
    progress: Mapping[str, Any] = field(default_factory=dict)
    memo: Mapping[str, Any] = field(default_factory=dict)


Outcome = Done | Wait

RESTS = "rests"
"""In the memo of a redeploy's step: nothing of the target runs, so nothing of it is redeployed."""


@dataclass(frozen=True, slots=True)
class OptionField:
    """An option that a kind declares; the operator's form is built from these.

    `type` is one of text, lines (list of strings), pairs (mapping, a `key=value` a line), code (long text), bool, int.
    """

    name: str
    type: str
    label: Texts
    help: Texts
    required: bool = False
    default: Any = None


class TargetError(Exception):
    """A step that could not be done, in words for people.

    `texts` says what happened, to what, why and what to do, in each language; `raw` are AWS's own words. `retryable`:
    trying again can help (throttling, capacity, 5xx, time-outs). `memo` is kept with the step, for the page that
    offers what to do.
    """

    def __init__(
        self,
        texts: Texts,
        *,
        raw: str = "",
        retryable: bool = False,
        code: str = "",
        memo: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(texts.get("en", ""))
        self.texts = dict(texts)
        self.raw = raw
        self.retryable = retryable
        self.code = code
        self.memo = dict(memo or {})


class Driver(Protocol):
    """One kind of target. Each step ensures something and says whether it is so; any step may run again at any time."""

    kind: str
    label: Texts
    identifier_label: Texts
    option_fields: tuple[OptionField, ...]
    actions: tuple[str, ...]
    """What the portal's role must be allowed, as IAM writes it: `ec2:StopInstances`."""

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        """Steps that lead to `goal`, in order; asked for a redeploy only where the kind can (`redeploys`)."""

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        """Do one step; `TargetError` when it cannot be done."""

    def state(self, ref: TargetRef) -> Seen:
        """Look at the target without changing anything; `TargetError` when AWS cannot be asked."""

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        """Look at all targets of this kind in an account's region: identifier -> what is seen; absent: stopped.

        `refs` are all of this account and region; they carry no parameters. Calls: one a page, never one a target.
        `TargetError` when AWS cannot be asked.
        """

    def problems(self, ref: TargetRef) -> Mapping[str, Texts]:
        """What is wrong with what the operator entered: option name (or "" for all) -> why. Talks to nobody."""


def takes_parameters(driver: Driver) -> bool:
    """Whether its targets are handed parameters: only of kinds that say `takes_parameters = True`."""
    return bool(getattr(driver, "takes_parameters", False))


def chain(driver: Driver, goal: Goal) -> tuple[StepDef, ...]:
    """The steps of a kind that lead to a goal: none for a redeploy, unless the kind says `redeploys = True`.

    Most kinds run what they are given and have no image to bring up to date; they need not know of redeploys.
    """
    if goal is Goal.REDEPLOY and not getattr(driver, "redeploys", False):
        return ()
    return driver.steps(goal)
