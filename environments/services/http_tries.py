"""“Try it”: an address is asked once while somebody waits for it, in the request, and nothing is written.

No task, on purpose: what is tried is a form that is saved nowhere, its secrets included. So it is bounded twice: one
attempt of five seconds at the most, and one at a time in a process. Other requests always find a thread.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings
from django.utils import timezone

from environments.models import HttpCheck
from environments.probes.http import Asking, Question
from environments.rules.http_answers import Answer
from environments.rules.http_verdicts import Verdict, judge

from . import http_checks

LONGEST_S: Final = 5
# For the end of the attempt itself to come through.
MARGIN_S: Final = 1.0
_OUT_OF_TIME: Final = frozenset({"time_out", "no_connection"})

_trying = threading.Lock()


class BusyError(Exception):
    """This process tries another address just now."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came, and how it would be judged. None: that is not known, for the check itself waits for longer."""

    answer: Answer
    verdict: Verdict | None


def try_out(check: HttpCheck) -> Tried:
    """Ask an address as this check would, which need not be saved, for `LONGEST_S` at the most. BusyError at once
    where another is being tried. No side effects but the request itself."""
    taken = http_checks.as_taken(check, timezone.now())
    answer = taken.given or _asked(taken.question)
    is_cut = check.timeout_s > LONGEST_S and answer.trouble in _OUT_OF_TIME
    return Tried(answer, None if is_cut else judge(taken.expected, answer))


def _asked(question: Question | None) -> Answer:
    assert question is not None
    if not _trying.acquire(blocking=False):
        raise BusyError
    try:
        with Asking(allowed=settings.HEALTH_ALLOWED_NETWORKS) as asking:
            asking.ask([replace(question, timeout_s=min(question.timeout_s, LONGEST_S))])
            found = asking.answers(within_s=LONGEST_S + MARGIN_S, most=1)
    finally:
        _trying.release()
    return found[0] if found else Answer(question.key, trouble="defect")
