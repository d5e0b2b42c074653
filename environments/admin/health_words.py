"""The state of checks in words and colours, wherever it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments import rules
from environments.models import TROUBLE, Check, CheckState, Environment
from environments.models.texts import in_language
from environments.services.health import Health
from environments.services.health_history import Tally
from environments.services.specs import planned

from . import cards
from .displays import language
from .own_clock import at_place_words

# One colour for a state wherever it is shown; the style sheet has them as db-tone-….
CHECK_TONES = {
    CheckState.UP: "running",
    CheckState.STARTING: "moving",
    CheckState.ASLEEP: "stopped",
    CheckState.UNKNOWN: "stopped",
    CheckState.LATE: "unknown",
    CheckState.DOWN: "failed",
    CheckState.MISSED: "failed",
}
# Starts wait for web addresses only.
OF_TARGETS = gettext_lazy(
    "A note of what it belongs to, for example the stack of the database that a job backs up. It changes neither when"
    " something is expected nor what waits for it. Empty: the environment as a whole."
)
# People read the reason of these only: that of others changes with each answer, or says what the state says.
TELLING = TROUBLE | {CheckState.LATE}


@dataclass(frozen=True, slots=True)
class Mark:
    """The health of an environment in a list: its word and tone, how many it speaks of, and why."""

    word: str
    tone: str
    beside: str
    why: str


def mark(health: Health | None) -> Mark | None:
    """None where nothing is checked."""
    if health is None:
        return None
    telling = health.state in TELLING
    number = health.in_trouble or health.late
    beside = _("%(number)s of %(all)s") % {"number": number, "all": health.checks}
    return Mark(
        word=str(health.state.label),
        tone=CHECK_TONES[health.state],
        beside=beside if telling and health.checks > 1 else "",
        why=in_language(health.reason) if telling else "",
    )


def asleep_until(environment: Environment, now: datetime) -> str:
    """Why its checks are silent, by its plan: “until Mon 09:00 (Asia/Seoul) · Office hours Seoul”. Empty where the plan
    wants it running or cannot be read."""
    found, _problem = cards.explain(planned(environment, now), now)
    if found is None or found.desired is rules.Desired.RUNNING:
        return ""
    zone = environment.zone_name
    return found.short(language(), zone, at_place_words(found.until, zone, now) if found.until else "")


def reason_words(check: Check, now: datetime) -> str:
    """The reason of its state, for a page of its own; until when it sleeps, where it does. A dash for nothing."""
    asleep = asleep_until(check.environment, now) if check.state == CheckState.ASLEEP else ""
    return asleep or check.reason_text or "–"


def figure(ms: float) -> str:
    """“84 ms”, “1.2 s”."""
    if ms < 1000:
        return _("%(number)s ms") % {"number": round(ms)}
    return _("%(number)s s") % {"number": formats.number_format(round(ms / 1000, 1), decimal_pos=1)}


def share(tally: Tally) -> str:
    """“99.8 %”; all only where it was all of them, nothing only where it was none. A dash where nothing was asked."""
    if not tally.all:
        return "–"
    tenths = tally.good * 1000 // tally.all
    if tally.good and not tenths:
        tenths = 1
    number = formats.number_format(tenths / 10, decimal_pos=0 if tenths in {0, 1000} else 1)
    return _("%(number)s %%") % {"number": number}
