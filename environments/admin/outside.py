"""What people read of changes made outside of the portal: that it was changed, and that it is spared at its period's
end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, State
from environments.services.drift import policy_of
from environments.services.specs import spec_of

from .displays import at_words, language


def drifted(environment: Environment, found: rules.Explanation | None, now: datetime) -> str:
    """What somebody did outside of the portal, while that is left alone: “Started outside the portal: left alone until
    Mon 09:00”. Whatever the schedule would do of itself, the scan has left it so: it is said as that."""
    if found is None or environment.drift_since is None or environment.state not in {State.RUNNING, State.STOPPED}:
        return ""
    seen = rules.Observed(environment.state)
    drift = rules.drift(desired=found.desired, observed=seen, policy=rules.Policy(), until=found.until)
    zone = environment.zone_name
    return drift.text(language(), now, zone, at_words(drift.until, zone, now) if drift.until else "")


def spared(environment: Environment, found: rules.Explanation | None, now: datetime) -> str:
    """That its period's end spares it, because it ran before the begin; empty where something else will stop it."""
    if found is None or not environment.retained or environment.state != State.RUNNING:
        return ""
    spec, zone = spec_of(environment, now), environment.zone_name
    running = found.desired is rules.Desired.RUNNING
    end = rules.explain(spec, found.until) if running and found.until else found
    begin = found.since if running else _begin_before(spec, found)
    spared = rules.is_retained(
        desired=end.desired, source=end.source.kind, policy=policy_of(environment), ran_before_begin=True
    )
    if not spared:
        return ""
    if begin is None:
        return _("Left running: it ran before its period began.")
    words = (
        _("Left running at the end: it ran before %(time)s.") if running else _("Left running: it ran before %(time)s.")
    )
    return words % {"time": at_words(begin, zone, now)}


def _begin_before(spec: rules.EnvironmentSpec, stopped: rules.Explanation) -> datetime | None:
    """When the period began that ended with this stop, where that is not too long ago."""
    return rules.explain(spec, stopped.since - timedelta(seconds=1)).since if stopped.since else None
