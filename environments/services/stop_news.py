"""Whether a warning before a stop still holds when it is about to be sent: a retry, quiet hours or a channel that rests
may have kept it while somebody stopped the environment, or kept it on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from environments import rules
from environments.models import Environment
from notifications.models import Event
from notifications.texts import Texts

from . import plans
from .specs import spec_of
from .stop_offers import RUNS

STOPPED: Final = {"en": "It does not run any more.", "ko": "이제 실행 중이 아니에요."}
MOVED: Final = {"en": "It does not stop then any more.", "ko": "이제 그때 중지하지 않아요."}


def why_no_news(event: Event, now: datetime) -> Texts | None:
    """Why nobody is to be warned of the stop of `event` any more; None while it comes as it was said. Eleven queries at
    most."""
    slug, stop = event.labels.get("environment", ""), event.until
    environment = Environment.objects.filter(slug=slug).with_plan(now).first()
    if environment is None or environment.state not in RUNS:
        return dict(STOPPED)
    if stop is None:
        return None
    try:
        segments = rules.plan(spec_of(environment, now), now, stop + timedelta(seconds=1))
    except rules.RuleError:
        return dict(MOVED)
    stops = (one.at for one in plans.changes(segments) if one.desired is rules.Desired.STOPPED)
    return None if next(stops, None) == stop else dict(MOVED)
