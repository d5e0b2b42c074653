"""What of an environment's page is renewed beside its state: what stands over its plan, its operations and versions,
its costs and prices, its health and metrics, its exceptions and its changes, what it needs and is made of, and its
feeds."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from environments.models import Environment, Pricing
from environments.services import exceptions, metric_looks, plans
from environments.services import history as histories
from environments.services import needs as links

from . import (
    costs_card,
    deployments_card,
    exception_section,
    feeds,
    health_card,
    history,
    metrics_card,
    needs,
    rates_section,
    standing,
    target_facts,
    ticket_section,
)
from .displays import language
from .live import Part, rendered, stamped

# How often a day's cost reads anew while nothing else happens, in seconds.
COUNTED_EACH = 300
MONTH = "month"
LATER = "changes"
"""The part that the page leaves out at first, as it is the dearest and the last."""


def parts(request: HttpRequest, environment: Environment, now: datetime, context: dict[str, Any]) -> dict[str, Part]:
    """By a name for the page, which places them; `context` is that of the state above. Eight queries, and those of
    what is rendered: exceptions, changes, prices and the schedule are, when something changed in the environment's
    history or a day has begun since the browser read them; costs also with each step of an operation's, and every few
    minutes; what it needs, its targets and its feeds, when they would say something else.
    """
    one, days = context["one"], _days(environment, now)
    stamp = _stamp(environment, now)
    looks = sorted(Pricing.objects.filter(target__environment=environment).values_list("target", "looked_at"))
    ran = one and (one.operation.pk, one.operation.status), now.timestamp() // COUNTED_EACH
    checks, measured = health_card.checks_of(environment), metric_looks.last_look(environment)
    asleep = health_card.asleep_until(environment, checks, now)
    made_of, read_by = target_facts.section(environment, now), feeds.section(request, environment, now)

    def with_env(section: dict[str, Any]) -> dict[str, Any]:
        return context | section

    @cache
    def costs() -> dict[str, Any]:
        return with_env(costs_card.section(request, environment, now))

    return {
        "newest": rendered("live-beside", request, "environments/_history.html", context),
        # People open what stands there: it is another one only when there is another operation above it.
        "operations": stamped(
            "live-below",
            one.operation.pk if one else None,
            request,
            "environments/_operations.html",
            lambda: context,
        ),
        "standing": rendered(
            "env-standing",
            request,
            "environments/_standing.html",
            with_env(standing.section(environment, now)),
            tells=True,
        ),
        "tickets": rendered(
            "env-tickets",
            request,
            "environments/_env_tickets.html",
            with_env(ticket_section.section(request, environment, now)),
        ),
        "health": stamped(
            "env-health-part",
            (health_card.stamp(checks, now), asleep, language()),
            request,
            "environments/_health_card.html",
            lambda: with_env(health_card.section(request, environment, checks, now, asleep)),
        ),
        "metrics": stamped(
            "env-metrics",
            (metrics_card.stamp(measured), language()),
            request,
            "environments/_metrics_card.html",
            lambda: with_env(metrics_card.section(environment, measured, now)),
        ),
        "deployments": stamped(
            "env-deployments",
            (deployments_card.stamp(environment), ran, days, language()),
            request,
            "environments/_deployments.html",
            lambda: with_env(deployments_card.section(request, environment, now)),
        ),
        "costs": stamped(
            "env-costs",
            (stamp, ran),
            request,
            "environments/_costs_card.html",
            costs,
        ),
        # It stands in the head, and says what the card does.
        MONTH: stamped("env-month", (stamp, ran), request, "environments/_month.html", costs),
        "prices": stamped(
            "env-prices",
            (stamp, str(looks)),
            request,
            "environments/_prices.html",
            lambda: with_env(_prices(request, environment, now)),
        ),
        "exceptions": stamped(
            "env-exceptions",
            stamp,
            request,
            "environments/_exceptions.html",
            lambda: with_env(exception_section.section(request, environment, now, context.get("exception_choices"))),
        ),
        LATER: _changes(request, environment, now, stamp),
        "schedule": stamped(
            "env-schedule",
            stamp,
            request,
            "environments/_schedule.html",
            lambda: with_env(standing.schedule_section(request, environment, now)),
        ),
        "needs": stamped(
            "env-needs",
            (links.mark(environment), language()),
            request,
            "environments/_needs.html",
            lambda: with_env(needs.section(request, environment, now)),
        ),
        "targets": stamped(
            "env-targets",
            (made_of["targets"], language()),
            request,
            "environments/_targets.html",
            lambda: with_env(made_of),
        ),
        "feeds": stamped(
            "env-feeds",
            (read_by["feeds"], language()),
            request,
            "environments/_feeds.html",
            lambda: with_env(read_by),
        ),
    }


def later(request: HttpRequest, environment: Environment, now: datetime) -> Part:
    """The part that comes after the page, without the work for all others."""
    return _changes(request, environment, now, _stamp(environment, now))


def _prices(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """Its prices; they need somebody who may give them where some are missing or could not be looked up."""
    found = rates_section.section(request, environment, now)
    lacking = found.get("prices_missing") or any(one.problem for one in found.get("priced_targets", ()))
    return found | {"prices_need_somebody": bool(lacking and found["may_price"])}


def _changes(request: HttpRequest, environment: Environment, now: datetime, stamp: object) -> Part:
    return stamped(
        "env-changes",
        stamp,
        request,
        "environments/_changes.html",
        lambda: history.section(request, environment, now),
        tells=True,
    )


def _days(environment: Environment, now: datetime) -> list[date]:
    """The dates that it is where something of it is said: with another one, yesterday is another day."""
    zones = environment.zone_name, exceptions.zones(environment)[0]
    return sorted({plans.today(name, now) for name in zones} | {timezone.localdate(now)})


def _stamp(environment: Environment, now: datetime) -> tuple[object, ...]:
    """Changes when something changed in its history, and when a day has begun. One query."""
    return histories.mark(histories.of_environment(environment)), _days(environment, now), language()
