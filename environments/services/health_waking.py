"""How a check wakes, comes up and goes to sleep with its environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from environments.models import Alarm, Check, CheckState, Environment
from environments.rules import health as rules
from environments.rules.health import Expectation

Texts = Mapping[str, str]

# Answered or called for by themselves; alarms only arrive.
PROBED = frozenset({Check.Kind.HTTP, Check.Kind.HEARTBEAT, Check.Kind.DEVICE})
# Nobody asks for them.
CALLED = frozenset({Check.Kind.HEARTBEAT, Check.Kind.DEVICE})
BEFORE_AWAKE = frozenset({CheckState.ASLEEP, CheckState.STARTING})

SLEEPS: Texts = {"en": "Its environment is stopped.", "ko": "환경이 중지되어 있어요."}
COMES_UP: Texts = {"en": "Its environment is coming up.", "ko": "환경이 올라오는 중이에요."}
SWITCHED_OFF: Texts = {"en": "This check is switched off.", "ko": "이 점검은 꺼져 있어요."}
AWAITED: Texts = {"en": "Nothing has come since its environment woke.", "ko": "환경이 깨어난 뒤 아직 온 소식이 없어요."}
NO_ALARM: Texts = {"en": "None of its alarms is in alarm.", "ko": "울리는 경보가 없어요."}
IN_ALARM: Texts = {"en": "At least one of its alarms is in alarm.", "ko": "울리는 경보가 있어요."}
NOT_HEARD: Texts = {"en": "No alarm of it has been heard of yet.", "ko": "아직 받은 경보 소식이 없어요."}
RANG_BEFORE: Texts = {
    "en": "An alarm rings from before its environment ran. It counts if it still does 10 minutes after that.",
    "ko": "환경이 실행되기 전부터 울리던 경보가 있어요. 실행되고 10분 뒤에도 울리면 문제로 봐요.",
}


def expected(environment: Environment, check: Check) -> Expectation:
    """What is expected of the check while its environment is as it is. Of jobs and devices that are awake a redeploy
    changes nothing: nobody asks them, and their next call may be due in it."""
    wanted = rules.expectation(state=environment.state, wish=environment.wish, always=check.always)
    if wanted is Expectation.STARTING and check.kind in CALLED and not _begins(check):
        return Expectation.EXPECTED
    return wanted


def expected_since(environment: Environment, check: Check) -> datetime:
    """Since when calls and reports are expected of the check: since it has been awake. Where nobody knows that, since
    it was added, or its environment last came up."""
    if check.awake_since is not None:
        return check.awake_since
    if check.always or environment.state_since is None:
        return check.created_at
    return max(check.created_at, environment.state_since)


def counts_from(check: Check, rang_at: datetime | None) -> datetime | None:
    """From when on it is trouble that alarms of the check ring, the last of them since `rang_at`; None: at once."""
    environment = check.environment
    # What is trouble already stays trouble.
    if rang_at is None or check.kind != Check.Kind.ALARM or check.always or check.state == CheckState.DOWN:
        return None
    return rules.ringing_counts_from(state=environment.state, since=environment.state_since, rang_at=rang_at)


def follow(check: Check, alarms: Mapping[int, datetime | None], now: datetime) -> None:
    """Bring the row, unsaved, to what its environment does; `alarms` as `ringing` says."""
    if not check.is_on:
        return _rest(check, CheckState.UNKNOWN, SWITCHED_OFF)
    wanted = expected(check.environment, check)
    if wanted is Expectation.ASLEEP:
        return _rest(check, CheckState.ASLEEP, SLEEPS)
    before, begins = check.state, _begins(check)
    if wanted is Expectation.STARTING and check.state != CheckState.STARTING:
        _wake(check, now)
    elif wanted is not Expectation.STARTING and check.kind == Check.Kind.ALARM and check.state in BEFORE_AWAKE:
        _hear(check, alarms, now)
    elif wanted is not Expectation.STARTING and check.kind in CALLED and check.state in BEFORE_AWAKE:
        # Its environment has come up: the next call may be due in hours.
        check.state, check.reason, check.failures = CheckState.UNKNOWN, dict(AWAITED), 0
        check.due_at = now
    elif check.state == CheckState.ASLEEP:
        _wake(check, now)
    elif check.kind in PROBED and check.due_at is None:
        check.due_at = now
    # What calls has its whole time from when its environment runs, however long that took to come up.
    if check.awake_since is None or (check.kind in CALLED and begins and check.state != before):
        check.awake_since = now if begins else expected_since(check.environment, check)
    return None


def ringing(checks: Sequence[Check]) -> dict[int, datetime | None]:
    """Of each alarm check that may wake and of which alarms are known, since when the last of those in alarm is; None
    where none is. One query, none for none."""
    ids = [check.pk for check in checks if check.kind == Check.Kind.ALARM and check.state in BEFORE_AWAKE]
    found: dict[int, datetime | None] = {}
    if ids:
        rows = Alarm.objects.filter(check_row__in=ids).values_list("check_row", "state", "changed_at")
        for pk, state, at in rows.order_by("changed_at"):
            found[pk] = at if state == Alarm.State.ALARM else found.get(pk)
    return found


def _begins(check: Check) -> bool:
    """It sleeps or comes up, or is new, or was switched on just now."""
    return check.state in BEFORE_AWAKE or (check.state == CheckState.UNKNOWN and check.due_at is None)


def _hear(check: Check, alarms: Mapping[int, datetime | None], now: datetime) -> None:
    """What its alarms say as it wakes."""
    check.due_at = None
    if check.pk not in alarms:
        check.state, reason = CheckState.UNKNOWN, NOT_HEARD
    elif (rang_at := alarms[check.pk]) is None:
        check.state, reason = CheckState.UP, NO_ALARM
    elif (until := counts_from(check, rang_at)) and now < until:
        check.state, reason, check.due_at = CheckState.STARTING, RANG_BEFORE, until
    else:
        check.state, reason = CheckState.DOWN, IN_ALARM
    check.reason = dict(reason)


def _rest(check: Check, state: CheckState, reason: Texts) -> None:
    if check.state != state:
        check.state, check.reason = state, dict(reason)
    check.due_at, check.failures, check.awake_since = None, 0, None


def _wake(check: Check, now: datetime) -> None:
    check.state, check.reason, check.failures = CheckState.STARTING, dict(COMES_UP), 0
    check.due_at = now if check.kind in PROBED else None
