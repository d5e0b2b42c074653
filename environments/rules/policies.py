"""Changes made outside of the portal: what is done about them (DESIGN section 2, item 8).

By default they are left alone until the next boundary; `enforced` puts them back; `retain_running` does not stop at
the end of a period what already ran before its begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from environments.rules.reasons import Desired, SourceKind
from environments.rules.wording import is_korean, when


@dataclass(frozen=True, slots=True)
class Policy:
    enforced: bool = False
    retain_running: bool = False


class Observed(StrEnum):
    """What a scan saw. UNKNOWN: in between, in part, or not to be seen."""

    RUNNING = "running"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    FINE = "fine"
    LEAVE = "leave"
    PUT_BACK = "put_back"


@dataclass(frozen=True, slots=True)
class Drift:
    """What a scan found. LEAVE is shown until `until`, the next boundary; PUT_BACK asks for `desired`."""

    verdict: Verdict
    desired: Desired
    observed: Observed
    until: datetime | None = None

    def text(self, lang: str, now: datetime, timezone: str, until: str = "") -> str:
        """What happened and what is done about it; empty when nothing did.

        Its end is named with `timezone`: "Mon 09:00 (Asia/Seoul)". `until` is how a page says that end elsewhere, in
        `lang`: "tomorrow 09:00"; such a page names the zone itself.
        """
        if self.verdict is Verdict.FINE:
            return ""
        korean = is_korean(lang)
        end = until if self.until else ""
        if self.until and not until:
            end = f"{when(self.until, now, timezone, lang)}{'' if korean else ' '}({timezone})"
        started = self.observed is Observed.RUNNING
        if korean:
            what = f"외부에서 {'시작' if started else '중지'}됨"
            if self.verdict is Verdict.PUT_BACK:
                return f"{what}: 다시 {'중지' if started else '시작'}해요 (일정 강제)"
            return f"{what}: {end}까지 그대로 둬요" if end else f"{what}: 그대로 둬요"
        what = f"{'Started' if started else 'Stopped'} outside the portal"
        if self.verdict is Verdict.PUT_BACK:
            return f"{what}: {'stopping' if started else 'starting'} it again (enforced schedule)"
        return f"{what}: left alone until {end}" if end else f"{what}: left alone"


def drift(
    *,
    desired: Desired,
    observed: Observed,
    policy: Policy,
    busy: bool = False,
    retained: bool = False,
    until: datetime | None = None,
) -> Drift:
    """Judge what a scan saw against what is desired now.

    `busy`: an operation is under way, so that a difference is expected. `retained`: it runs on by `retain_running`.
    `until`: the next boundary of the plan.
    """
    differs = desired is not Desired.ANY and observed is not Observed.UNKNOWN and observed.value != desired.value
    if not differs or busy or (retained and observed is Observed.RUNNING):
        return Drift(Verdict.FINE, desired, observed)
    return Drift(Verdict.PUT_BACK if policy.enforced else Verdict.LEAVE, desired, observed, until)


def is_retained(*, desired: Desired, source: SourceKind, policy: Policy, ran_before_begin: bool) -> bool:
    """Whether `retain_running` spares a running environment the stop at the end of a period.

    `ran_before_begin`: it ran already when the period began, started by somebody else. Only the end of a period (of
    schedule or calendar) is spared: a stop that a person asked for by exception or hold is done.
    """
    by_plan = source in (SourceKind.SCHEDULE, SourceKind.CALENDAR)
    return policy.retain_running and ran_before_begin and by_plan and desired is Desired.STOPPED
