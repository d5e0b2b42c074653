"""Environments as the API tells of them: plain data for many, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from environments import rules
from environments.models import Environment, Hold
from environments.services import costs, health
from environments.services.permissions import SEE_COSTS

from . import explained, kept
from .asking import name_of
from .schemas import in_language, z
from .words import language, links_of, words_of_health, words_of_states

FIELDS: Final = (
    *("pk", "slug", "name", "description", "team__name", "timezone", "schedule__timezone", "schedule__name"),
    *("state", "state_since", "why", "drift_since", "next_transition_at", "judged_at"),
)
NO_REASON: Final = "{}"
# Costs grow all the time; in steps of this, what is told stays the same for as long (and its ETag with it).
COST_STEP: Final = timedelta(minutes=1)


def values(rows: QuerySet[Environment]) -> QuerySet[Any, Any]:
    """What is read of environments for `told`: rows of plain values, for thousands of models cost too much."""
    why = Cast("state_reason", TextField())  # nearly all are empty, and reading a thousand of them takes its time
    return rows.annotate(why=why).values_list(*FIELDS, named=True)


def told(rows: Sequence[Any], user: User, now: datetime) -> list[dict[str, Any]]:
    """What the API says of each row of `values`, in their order."""
    ids = [row.pk for row in rows]
    lang = language()
    zones = {row.pk: row.timezone or row.schedule__timezone or settings.TIME_ZONE for row in rows}
    plans = explained.of_each((explained.asked_of(row, zones[row.pk]) for row in rows), language=lang, now=now)
    tags, held, healths = _tags(ids), _holds(ids, now), health.of_environments(ids)
    spent = _costs(ids, user, now)
    states, states_of_health = words_of_states(lang), words_of_health(lang)
    found = []
    for row in rows:
        pk = row.pk
        plan, its_health = plans[pk], healths.get(pk)
        found.append(
            {
                "slug": row.slug,
                "name": row.name,
                "description": row.description,
                "team": row.team__name,
                "tags": tags.get(pk, []),
                "schedule": row.schedule__name,
                "timezone": zones[pk],
                "state": row.state,
                "state_text": states[row.state],
                "state_reason": "" if row.why == NO_REASON else in_language(json.loads(row.why), lang),
                "since": z(row.state_since) if row.state_since else None,
                "desired": plan.desired,
                "reason": plan.reason,
                "until": plan.until,
                "then": plan.then,
                "next_change": plan.until,  # what is stored is when the plan is read next, which says less
                "changed_outside": z(row.drift_since) if row.drift_since else None,
                "hold": held.get(pk),
                "exception": plan.exception,
                "health": {
                    "state": its_health.state.value,
                    "text": states_of_health[its_health.state.value],
                    "since": z(its_health.since) if its_health.since else None,
                    "reason": in_language(its_health.reason, lang),
                }
                if its_health
                else None,
                "cost_today": None if spent is None else spent.get(pk, []),
                "links": links_of(row.slug),
            }
        )
    return found


def _tags(ids: Iterable[int]) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    rows = Environment.tags.through.objects.filter(environment__in=ids).order_by("tag__name")
    for pk, name in rows.values_list("environment_id", "tag__name"):
        found[pk].append(name)
    return found


def _holds(ids: Iterable[int], now: datetime) -> dict[int, dict[str, Any]]:
    """The hold in force of each that has one."""
    rows = Hold.objects.open().filter(environment__in=ids).exclude(until__lte=now).select_related("author")
    return {
        hold.environment_id: {
            "id": hold.pk,
            "desired": hold.desired,
            "until": z(hold.until) if hold.until else None,
            "reason": hold.reason,
            "author": name_of(hold.author),
        }
        for hold in rows
    }


def _costs(ids: Iterable[int], user: User, now: datetime) -> dict[int, list[dict[str, str]]] | None:
    """What each cost today so far; None for those who may not see costs, and while a zone is not known here."""
    if not user.has_perm(SEE_COSTS):
        return None
    step = COST_STEP.total_seconds()
    moment = datetime.fromtimestamp(now.timestamp() // step * step, UTC)

    def read(missing: list[int]) -> dict[int, kept.Amounts]:
        found = costs.so_far(environments=missing, now=moment)
        return {
            pk: [{"currency": one.currency, "amount": str(one.estimate), "saved": str(one.saved)} for one in those]
            for pk, those in found.items()
        }

    try:
        return kept.costs.of(ids, moment, read)
    except rules.RuleError:
        return None
