"""What is done about changes made outside of the portal, and how early a start is made (items 8; issue 3, items 5 and
6).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from environments.rules import (
    Desired,
    Drift,
    EarlyStart,
    Observed,
    Policy,
    SourceKind,
    Verdict,
    drift,
    early_start,
    is_retained,
)
from tests.rules.support import SEOUL, at

NOW, EVENING = at("2026-11-23 14:00"), at("2026-11-23 18:00")
RUNNING, STOPPED, ANY = Desired.RUNNING, Desired.STOPPED, Desired.ANY


@pytest.mark.parametrize(
    ("promise", "desired", "observed", "more", "verdict"),
    [
        ("what is as desired is fine", RUNNING, "running", {}, "fine"),
        ("a change is left alone until the next boundary", RUNNING, "stopped", {}, "leave"),
        ("a start by hand is left alone too", STOPPED, "running", {}, "leave"),
        ("an enforced schedule puts it back", RUNNING, "stopped", {"policy": Policy(enforced=True)}, "put_back"),
        ("where nothing is desired anything is fine", ANY, "running", {"policy": Policy(enforced=True)}, "fine"),
        ("what cannot be seen is not judged", RUNNING, "unknown", {"policy": Policy(enforced=True)}, "fine"),
        ("during an operation a difference is expected", RUNNING, "stopped", {"busy": True}, "fine"),
        ("what runs on by retain_running is no drift", STOPPED, "running", {"retained": True}, "fine"),
        ("retained things that were stopped are judged like others", RUNNING, "stopped", {"retained": True}, "leave"),
    ],
)
def test_drift(promise: str, desired: Desired, observed: str, more: dict[str, Any], verdict: str) -> None:
    found = drift(desired=desired, observed=Observed(observed), **({"policy": Policy()} | more))
    assert found.verdict == verdict, promise


@pytest.mark.parametrize(
    ("found", "english", "korean"),
    [
        (Drift(Verdict.FINE, RUNNING, Observed.RUNNING), "", ""),
        (
            Drift(Verdict.LEAVE, RUNNING, Observed.STOPPED, EVENING),
            "Stopped outside the portal: left alone until 18:00 (Asia/Seoul)",
            "외부에서 중지됨: 18:00(Asia/Seoul)까지 그대로 둬요",
        ),
        (
            Drift(Verdict.LEAVE, STOPPED, Observed.RUNNING),
            "Started outside the portal: left alone",
            "외부에서 시작됨: 그대로 둬요",
        ),
        (
            Drift(Verdict.PUT_BACK, STOPPED, Observed.RUNNING, EVENING),
            "Started outside the portal: stopping it again (enforced schedule)",
            "외부에서 시작됨: 다시 중지해요 (일정 강제)",
        ),
        (
            Drift(Verdict.PUT_BACK, RUNNING, Observed.STOPPED, EVENING),
            "Stopped outside the portal: starting it again (enforced schedule)",
            "외부에서 중지됨: 다시 시작해요 (일정 강제)",
        ),
    ],
)
def test_drift_says_what_happened_and_what_is_done(found: Drift, english: str, korean: str) -> None:
    assert found.text("en", NOW, SEOUL) == english
    assert found.text("ko", NOW, SEOUL) == korean


@pytest.mark.parametrize(
    ("promise", "desired", "source", "policy", "before", "expected"),
    [
        ("what ran before the period runs on after it", STOPPED, "schedule", Policy(retain_running=True), True, True),
        ("also where a holiday begins", STOPPED, "calendar", Policy(retain_running=True), True, True),
        ("what the schedule started it stops", STOPPED, "schedule", Policy(retain_running=True), False, False),
        ("without the policy everything stops", STOPPED, "schedule", Policy(), True, False),
        ("a stop by exception is done", STOPPED, "exception", Policy(retain_running=True), True, False),
        ("a stop by hold is done", STOPPED, "hold", Policy(retain_running=True), True, False),
        ("it is about stopping only", RUNNING, "schedule", Policy(retain_running=True), True, False),
    ],
)
def test_retain_running(
    promise: str, desired: Desired, source: str, policy: Policy, before: bool, expected: bool
) -> None:
    found = is_retained(desired=desired, source=SourceKind(source), policy=policy, ran_before_begin=before)
    assert found is expected, promise


def minutes(*numbers: float) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


CAP = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("promise", "durations", "expected"),
    [
        ("nothing is learned from two starts", minutes(5, 6), EarlyStart(timedelta(0), 2, False)),
        ("of a few starts the slowest counts", minutes(5, 9, 6), EarlyStart(timedelta(minutes=9), 3, False)),
        ("of ten starts one may be slower", minutes(*range(1, 10), 25), EarlyStart(timedelta(minutes=9), 10, False)),
        ("of twenty starts two may be slower", minutes(28, 29, *[5] * 18), EarlyStart(timedelta(minutes=5), 20, False)),
        ("only the last twenty count", minutes(*[25] * 30, *[4] * 20), EarlyStart(timedelta(minutes=4), 20, False)),
        ("parts of a minute round up", minutes(6.1, 6.1, 6.1), EarlyStart(timedelta(minutes=7), 3, False)),
        ("whole minutes stay", minutes(7, 7, 7), EarlyStart(timedelta(minutes=7), 3, False)),
        ("the lead is capped and says so", minutes(44, 45, 46), EarlyStart(CAP, 3, True)),
        ("nothing is known at first", [], EarlyStart(timedelta(0), 0, False)),
    ],
)
def test_early_start(promise: str, durations: list[timedelta], expected: EarlyStart) -> None:
    assert early_start(durations, CAP) == expected, promise
