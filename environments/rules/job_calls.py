"""What the calls of a job or a host say: that it began, that it is done, that it failed. Pure.

A call that ends a run counts as being heard of, whether the run was good or not; one that begins a run is noted, and
is no sign that it will end: a job that hangs is late when its end is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from environments.rules.durations import spoken
from environments.rules.expecting import Rhythm, next_due, verdict
from environments.rules.wording import when

Texts = dict[str, str]

SUCCESS: Final = "success"
START: Final = "start"
FAIL: Final = "fail"
LANGUAGES: Final = ("en", "ko")
LONGEST_LINE: Final = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as it came: what it says, the exit status (of a failure, where one was given), and its body."""

    said: str
    at: datetime
    status: int | None = None
    body: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a job. `state` is its check's; `heard_at` when a run last ended, well or not."""

    state: str
    heard_at: datetime | None = None
    began_at: datetime | None = None
    took_ms: int | None = None
    body: str = ""
    reason: Texts | None = None

    @property
    def is_running(self) -> bool:
        """It began and has not told of an end."""
        return self.began_at is not None and (self.heard_at is None or self.began_at > self.heard_at)


@dataclass(frozen=True, slots=True)
class Story:
    """A job after some calls: how many ended a run, by when those should have come that were missed before or between
    them, and when to judge it next (None: as before)."""

    job: Job
    received: int = 0
    missed: tuple[datetime, ...] = ()
    judge_at: datetime | None = None


def tell(
    job: Job, calls: Iterable[Call], rhythm: Rhythm, *, since: datetime, owed_from: datetime | None, is_awake: bool
) -> Story:
    """The job after these calls, in the order in which they were received.

    `owed_from` is when it was to be judged next: what was missed from then until a call is counted here, and by nobody
    again. Of a job that need not call (`is_awake` false) nothing is missed, and nothing is expected next. A call that
    is older than what is known counts as received and changes nothing else.
    """
    story = Story(job)
    heard = [job.heard_at] if job.heard_at else []
    owed = owed_from if is_awake else None
    for call in sorted(calls, key=lambda call: call.at):
        if call.said == START:
            story = replace(story, job=_began(story.job, call))
            continue
        if owed is not None and owed <= call.at:
            missed = verdict(rhythm, since=since, heard=heard, now=call.at, owed_from=owed).missed
            story = replace(story, missed=story.missed + missed)
        story = replace(story, job=_ended(story.job, call, rhythm), received=story.received + 1)
        heard.append(call.at)
        if is_awake:
            last = max(heard)
            owed = verdict(rhythm, since=since, heard=heard, now=last).judge_at
            story = replace(story, judge_at=owed)
    return story if story.judge_at is None else replace(story, job=_expected(story.job, rhythm, since))


def unfinished(job: Job, rhythm: Rhythm, now: datetime, reason: Texts) -> Texts:
    """Why a silent job is late or missed, and that it began before, where it did: then it hangs, or takes long."""
    if not job.is_running or job.began_at is None:
        return reason
    began_en, began_ko = (when(job.began_at, now, rhythm.zone, lang) for lang in LANGUAGES)
    return {
        "en": f"{reason['en']} It began at {began_en} and has not ended.",
        "ko": f"{reason['ko']} {began_ko}에 시작했지만 끝나지 않았어요.",
    }


def _began(job: Job, call: Call) -> Job:
    return job if job.began_at is not None and call.at < job.began_at else replace(job, began_at=call.at)


def _ended(job: Job, call: Call, rhythm: Rhythm) -> Job:
    if job.heard_at is not None and call.at < job.heard_at:
        return job
    took = call.at - job.began_at if job.is_running and job.began_at and job.began_at <= call.at else None
    is_good = call.said == SUCCESS
    return Job(
        state="up" if is_good else "down",
        heard_at=call.at,
        began_at=job.began_at,
        took_ms=round(took.total_seconds() * 1000) if took is not None else None,
        body=call.body,
        reason=_good(call, took, rhythm.zone) if is_good else _bad(call, took, rhythm.zone),
    )


def _expected(job: Job, rhythm: Rhythm, since: datetime) -> Job:
    """The reason, with when it is expected next."""
    if job.reason is None or job.heard_at is None:
        return job
    due = next_due(rhythm, since=since, last_at=job.heard_at, now=job.heard_at)
    due_en, due_ko = (when(due, job.heard_at, rhythm.zone, lang) for lang in LANGUAGES)
    return replace(
        job,
        reason={
            "en": f"{job.reason['en']} The next is expected by {due_en}.",
            "ko": f"{job.reason['ko']} 다음은 {due_ko}까지 와야 해요.",
        },
    )


def _good(call: Call, took: timedelta | None, zone: str) -> Texts:
    at_en, at_ko = (when(call.at, call.at, zone, lang) for lang in LANGUAGES)
    if took is None:
        return {"en": f"Succeeded at {at_en} ({zone}).", "ko": f"{at_ko}({zone}) 성공."}
    took_en, took_ko = (spoken(took, lang) for lang in LANGUAGES)
    return {
        "en": f"Succeeded at {at_en} ({zone}), after {took_en}.",
        "ko": f"{at_ko}({zone}) 성공, {took_ko} 걸림.",
    }


def _bad(call: Call, took: timedelta | None, zone: str) -> Texts:
    at_en, at_ko = (when(call.at, call.at, zone, lang) for lang in LANGUAGES)
    line = first_line(call.body)
    # What the job said ends like a sentence: another one follows.
    said = f": {line}{'' if line.endswith(('.', '!', '?', '…')) else '.'}" if line else "."
    took_en, took_ko = (f" after {spoken(took, 'en')}", f", {spoken(took, 'ko')} 만") if took else ("", "")
    if call.status is None:
        return {
            "en": f"Failed at {at_en} ({zone}){took_en}{said}",
            "ko": f"{at_ko}({zone}) 실패{took_ko}{said}",
        }
    return {
        "en": f"Ended with status {call.status} at {at_en} ({zone}){took_en}{said}",
        "ko": f"{at_ko}({zone}) 종료 코드 {call.status}{took_ko}{said}",
    }


def first_line(body: str) -> str:
    """The first line of a body that says something, cut to what fits a message."""
    line = next((line.strip() for line in body.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def since_when(
    *, expected_since: datetime, state: str, state_since: datetime | None, heard_at: datetime | None, rhythm: Rhythm
) -> datetime:
    """Since when somebody who was heard of at `heard_at` is expected to call, at the latest.

    Nobody is asked for the time before they were switched on or woken, which their state tells: it is unknown, or
    coming up, since then. What became late afterwards has its grace whole.
    """
    if state_since is None:
        return expected_since
    if state in ("unknown", "starting"):
        return max(expected_since, state_since)
    if state == "late" and rhythm.every is not None:
        missed_at = max(filter(None, (expected_since, heard_at))) + rhythm.every + rhythm.grace
        if missed_at <= state_since:
            return max(expected_since, state_since - rhythm.every)
    return expected_since


def calls_of(payloads: Sequence[tuple[dict[str, object], datetime]]) -> list[Call]:
    """Calls from what was written of them when they came in."""
    return [_call(payload, at) for payload, at in payloads]


def _call(payload: dict[str, object], at: datetime) -> Call:
    status = payload.get("status")
    said = str(payload.get("said", SUCCESS))
    return Call(said, at, status if isinstance(status, int) else None, str(payload.get("body", "")))
