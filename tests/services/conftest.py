from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import AccountRef, Done, Goal, Outcome, Seen, StepContext, StepDef, TargetRef, Wait

SAID = {"en": "done", "ko": "완료"}


@dataclass
class Scripted:
    """A kind of target that does what a test writes down: step -> what its tries give, one after the other.

    `done` lists what was performed, as "identifier: step", in order. `seen` is what a scan shows, by identifier;
    `denied` what an account answers instead, by its name; `scanned` lists the scans: account, region, how many.
    """

    kind: str = "scripted"
    label: dict[str, str] = field(default_factory=lambda: {"en": "Scripted", "ko": "각본"})
    identifier_label: dict[str, str] = field(default_factory=dict)
    option_fields: tuple[Any, ...] = ()
    actions: tuple[str, ...] = ()
    redeploys: bool = True
    script: dict[str, list[Any]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    contexts: list[StepContext] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    denied: dict[str, Exception] = field(default_factory=dict)
    scanned: list[tuple[str, str, int]] = field(default_factory=list)

    def steps(self, goal: Goal) -> tuple[StepDef, ...]:
        return (StepDef("look", timedelta(hours=1), preflight=True), StepDef("act", timedelta(hours=1)))

    def perform(self, goal: Goal, step: str, ref: TargetRef, context: StepContext) -> Outcome:
        self.done.append(f"{ref.identifier}: {step}")
        self.contexts.append(context)
        tries = self.script.get(f"{ref.identifier}: {step}") or self.script.get(step) or []
        outcome = tries.pop(0) if tries else Done(SAID)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Done | Wait)
        return outcome

    def state(self, ref: TargetRef) -> Seen:
        return Seen.STOPPED

    def scan(self, account: AccountRef, region: str, refs: Sequence[TargetRef]) -> Mapping[str, Seen]:
        self.scanned.append((account.name, region, len(refs)))
        if account.name in self.denied:
            raise self.denied[account.name]
        return {ref.identifier: self.seen[ref.identifier] for ref in refs if ref.identifier in self.seen}

    def problems(self, ref: TargetRef) -> dict[str, Any]:
        return {}


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The kind "scripted", registered for the test."""
    made = Scripted()
    real = registry.driver
    monkeypatch.setattr(registry, "driver", lambda kind: made if kind == "scripted" else real(kind))
    monkeypatch.setitem(registry.KINDS, "scripted", "tests")
    return made
