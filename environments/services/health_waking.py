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
OF_ALARMS = {
    True: (CheckState.DOWN, IN_ALARM),
    False: (CheckState.UP, NO_ALARM),
    None: (CheckState.UNKNOWN, NOT_HEARD),
}


def expected(environment: Environment, check: Check) -> Expectation:
    """What is expected of the check while its environment is as it is."""
    return rules.expectation(state=environment.state, wish=environment.wish, always=check.always)


def follow(check: Check, alarms: Mapping[int, bool], now: datetime) -> None:
    """Bring the row, unsaved, to what its environment does; `alarms` as `ringing` says."""
    if not check.is_on:
        return _rest(check, CheckState.UNKNOWN, SWITCHED_OFF)
    wanted = expected(check.environment, check)
    if wanted is Expectation.ASLEEP:
        return _rest(check, CheckState.ASLEEP, SLEEPS)
    if wanted is Expectation.STARTING and check.state != CheckState.STARTING:
        _wake(check, now)
    elif wanted is not Expectation.STARTING and check.kind == Check.Kind.ALARM and check.state in BEFORE_AWAKE:
        check.state, reason = OF_ALARMS[alarms.get(check.pk)]
        check.reason = dict(reason)
    elif wanted is not Expectation.STARTING and check.kind in CALLED and check.state in BEFORE_AWAKE:
        # Its environment has come up: the next call may be due in hours.
        check.state, check.reason, check.failures = CheckState.UNKNOWN, dict(AWAITED), 0
        check.due_at = now
    elif check.state == CheckState.ASLEEP:
        _wake(check, now)
    elif check.kind in PROBED and check.due_at is None:
        check.due_at = now
    return None


def ringing(checks: Sequence[Check]) -> dict[int, bool]:
    """Of each alarm check that may wake and of which alarms are known, whether one of these is in alarm. One query,
    none for none."""
    ids = [check.pk for check in checks if check.kind == Check.Kind.ALARM and check.state in BEFORE_AWAKE]
    found: dict[int, bool] = {}
    if ids:
        for pk, state in Alarm.objects.filter(check_row__in=ids).values_list("check_row", "state"):
            found[pk] = found.get(pk, False) or state == Alarm.State.ALARM
    return found


def _rest(check: Check, state: CheckState, reason: Texts) -> None:
    if check.state != state:
        check.state, check.reason = state, dict(reason)
    check.due_at, check.failures = None, 0


def _wake(check: Check, now: datetime) -> None:
    check.state, check.reason, check.failures = CheckState.STARTING, dict(COMES_UP), 0
    check.due_at = now if check.kind in PROBED else None
