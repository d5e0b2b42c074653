"""What was told of the sample and what came in for it: it names what is gone, so that it goes with the sample."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from environments.models import Environment, Heartbeat, Team
from notifications.inbound import sns
from notifications.models import Arrival, Event

from . import heartbeats


def forget(*, environments: Collection[int], teams: Collection[int], topics: Collection[int]) -> None:
    """Delete the events of environments and teams, with their messages, and the arrivals of their heartbeats and of
    topics; while all of these are still there, in the caller's transaction."""
    _events(environments, teams).delete()
    calls = Heartbeat.objects.filter(environment__in=environments).values_list("pk", flat=True)
    of_calls = Q(door=heartbeats.DOOR, subject__in=list(calls))
    of_topics = Q(door__in=[sns.DOOR, sns.ALARM_DOOR], subject__in=topics)
    Arrival.objects.filter(of_calls | of_topics).delete()


def _events(environments: Collection[int], teams: Collection[int]) -> QuerySet[Event]:
    """By the short names that the environments have and had, unless one that stays has it now; and what was told of a
    team as a whole."""
    staying = Environment.objects.exclude(pk__in=environments).values_list("slug", flat=True)
    slugs = set(Environment.history.filter(id__in=environments).values_list("slug", flat=True)) - set(staying)
    names = Team.objects.filter(pk__in=teams).values_list("name", flat=True)
    of_teams = Q(labels__environment="", labels__team__in=list(names))
    return Event.objects.filter(Q(labels__environment__in=list(slugs)) | of_teams)
