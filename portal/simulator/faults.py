"""Faults on demand: how a call goes wrong, and which one does.

A rule says what is struck (service, action, account, region), from which matching call on (`nth`, when `after` calls
of any kind have passed), how often (`times`) and how (`kind`). Rules are tried in the order they were planned; a call
is struck by the first that is due, and the others stay due. Each rule counts all calls that match it, struck or not.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.fault_errors import denied, named_error, throttled
from portal.simulator.fault_wishes import checked

# How often a call that is kept waiting looks whether somebody still waits for it.
LOOK_EVERY_S = 0.02
NEVER_ANSWERED = Answer(0)


@dataclass(eq=False)
class Rule:
    """A planned fault. What is None of the first four matches anything; `times` None means always."""

    id: int
    kind: str
    service: str | None = None
    action: str | None = None
    account: str | None = None
    region: str | None = None
    nth: int = 1
    after: int = 0
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    code: str = ""
    message: str = ""
    status: int | None = None
    passed: int = 0
    matched: int = 0
    used: int = 0
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    def __post_init__(self) -> None:
        # The same seed strikes the same calls again; nothing secret comes of it.
        self._dice = random.Random(self.seed)  # noqa: S311

    @property
    def active(self) -> bool:
        return self.times is None or self.used < self.times

    def count(self, call: Call) -> bool:
        """Count a call; whether this rule is due to strike it."""
        self.passed += 1
        if self.passed <= self.after or not self._matches(call):
            return False
        self.matched += 1
        return self.matched >= self.nth and self.active and self._dice.random() < self.probability

    def as_dict(self) -> dict[str, Any]:
        told = ("id", "kind", "service", "action", "account", "region", "nth", "after", "times", "probability", "seed",
                "seconds", "code", "message", "status", "matched", "used", "active")  # fmt: skip
        return {name: getattr(self, name) for name in told}

    def _matches(self, call: Call) -> bool:
        # The action last: to tell it, a call of a REST service must be parsed.
        return (
            self.service in (None, call.service)
            and self.account in (None, call.account)
            and self.region in (None, call.region)
            and (self.action is None or self.action == call.action)
        )


class Faults:
    """A layer that lets calls go wrong as planned. Safe to use from several threads; it never waits with its lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._numbers = itertools.count(1)

    def plan(self, **wanted: Any) -> Rule:
        """Add a rule. Raises ValueError naming the field that is unknown or wrong, and adds nothing then."""
        fields = checked(wanted)
        with self._lock:
            rule = Rule(next(self._numbers), **fields)
            self._rules.append(rule)
        return rule

    def listed(self) -> list[dict[str, Any]]:
        """The rules as they were planned, the used-up ones too, with how many calls matched and were struck."""
        with self._lock:
            return [rule.as_dict() for rule in self._rules]

    def clear(self, number: int | None = None) -> None:
        """Forget a rule, or all. Calls it keeps waiting are let go. Raises ValueError for a number there is not."""
        with self._lock:
            gone = [rule for rule in self._rules if number in (None, rule.id)]
            if number is not None and not gone:
                raise ValueError(f"there is no fault {number}")
            self._rules = [rule for rule in self._rules if rule not in gone]
        for rule in gone:
            rule.over.set()

    def __call__(self, call: Call, go_on: Next) -> Answer:
        rule = self._take(call)
        if rule is None:
            return _carried_out(call, go_on)
        call.fate.fault = rule.kind
        return KINDS[rule.kind](rule, call, go_on)

    def _take(self, call: Call) -> Rule | None:
        with self._lock:
            due = [rule for rule in self._rules if rule.count(call)]
            if not due:
                return None
            due[0].used += 1
            return due[0]


def _carried_out(call: Call, go_on: Next) -> Answer:
    answer = go_on(call)
    call.fate.done = answer.status < 400
    return answer


def _wait(rule: Rule, call: Call) -> None:
    """Let the rule's seconds of real time pass, or less when nobody waits any more or the rule was taken back."""
    until = monotonic() + rule.seconds
    while (left := until - monotonic()) > 0 and not call.caller_is_gone:
        if rule.over.wait(min(LOOK_EVERY_S, left)):
            return


def _time_out(rule: Rule, call: Call, _: Next) -> Answer:
    _wait(rule, call)
    return NEVER_ANSWERED


def _slow(rule: Rule, call: Call, go_on: Next) -> Answer:
    answer = _carried_out(call, go_on)
    _wait(rule, call)
    return answer


def _lose(_: Rule, call: Call, go_on: Next) -> Answer:
    _carried_out(call, go_on)
    return NEVER_ANSWERED


def _garble(_: Rule, call: Call, go_on: Next) -> Answer:
    answer = _carried_out(call, go_on)
    return replace(answer, body=answer.body[: len(answer.body) // 2])


KINDS: dict[str, Callable[[Rule, Call, Next], Answer]] = {
    "throttle": lambda rule, call, _: throttled(call),
    "denied": lambda rule, call, _: denied(call),
    "error": lambda rule, call, _: named_error(call, rule.code, rule.message, rule.status),
    "reset": lambda rule, call, _: NEVER_ANSWERED,
    "timeout": _time_out,
    "slow": _slow,
    "lost": _lose,
    "garbled": _garble,
}
