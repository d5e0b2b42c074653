"""What the rules of advice read, and what they say of each environment: as rows keep it. Reads only, in a fixed number
of queries whatever the number of environments."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Min

from environments import rules
from environments.models import Environment, Interval, State
from environments.models.advice import HourlyUse
from environments.rules.advice import Evidence, Proposal, Silence, Why, clock, judge
from environments.rules.advice_slots import Hour, Limits
from environments.rules.costs import money
from environments.rules.intervals import merged

from . import costs, plans
from .specs import schedule_rules, spec_of
from .use_looks import hours_run

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=28)
HOURS_A_MONTH: Final = 730
HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)
MEGABYTE: Final = 1_000_000
TIMES: Final = ("begin_time", "end_time")
DAYS: Final = ("weekdays", "monthdays", "months", "name")
# Schedules that never end are known from a week of theirs.
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of an environment: a proposal as a row keeps it, or `why` there is none."""

    environment: Environment
    kind: str = ""
    why: Why | None = None
    proposal: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    savings: dict[str, Decimal] = field(default_factory=dict)


def limits() -> Limits:
    """What counts as idle in this installation."""
    return Limits(settings.ADVICE_DAYS, Decimal(settings.ADVICE_CPU_PERCENT), settings.ADVICE_NETWORK_MB * MEGABYTE)


def read(*, environments: Collection[int], now: datetime) -> list[Judged]:
    """What is said of each of these that exists. One whose schedule nobody can read is left out, and that is logged."""
    rows = list(Environment.objects.filter(pk__in=environments).with_plan(now).order_by("pk"))
    bounds = limits()
    begin = now - timedelta(days=bounds.days + 2)
    ids = [row.pk for row in rows]
    spans: defaultdict[int | None, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for pk, began, ended in (
        Interval.objects.of(ids).between(begin, now).values_list("environment_id", "began_at", "ended_at")
    ):
        spans[pk].append((began, ended))
    since = dict(Interval.objects.of(ids).order_by().values_list("environment").annotate(Min("began_at")))
    uses: defaultdict[int, dict[datetime, tuple[Decimal | None, int | None]]] = defaultdict(dict)
    measured = HourlyUse.objects.filter(environment__in=ids, hour__gte=begin)
    for pk, hour, cpu, network in measured.values_list("environment_id", "hour", "cpu", "network"):
        uses[pk][hour] = cpu, network
    prices = costs.an_hour(environments=ids, now=now)
    found = []
    for row in rows:
        ran = hours_run(merged(spans[row.pk], begin, now), begin, now)
        hours = [Hour(at, *uses[row.pk].get(at, (None, None))) for at in ran]
        try:
            found.append(_judged(row, hours, since.get(row.pk), prices[row.pk], bounds, now))
        except Exception:  # one row that nobody can read must not stop the others; it is said each time
            log.exception("Whether %s is used cannot be judged.", row)
    return found


def schedule_of(proposal: Mapping[str, Any], *, name: str = "") -> rules.Schedule:
    """The proposed schedule, or (`proposal["present"]`) the one that it was made for, as the rules read it."""
    return rules.Schedule(
        id="",
        name=name,
        timezone=proposal["timezone"],
        periods=tuple(rules.parse_period(**_rule_fields(one)) for one in proposal["periods"]),
        override=rules.Desired(proposal["override"]) if proposal["override"] else None,
    )


def present(environment: Environment) -> dict[str, Any]:
    """What an environment runs by now, word for word: advice is for this and nothing else."""
    schedule = environment.schedule
    if schedule is None:
        return {"schedule": None, "name": "", "timezone": environment.zone_name, "override": "", "periods": []}
    return {
        "schedule": schedule.pk,
        "name": schedule.name,
        "timezone": schedule.timezone,
        "override": schedule.override,
        "periods": [{name: getattr(one, name) for name in (*TIMES, *DAYS)} for one in schedule.periods.all()],
    }


def fewer(environment: Environment, new: rules.Schedule, now: datetime) -> tuple[timedelta, timedelta]:
    """How long it is to run in the next 28 days by what it has now, and by another schedule; without holds, with its
    calendars and exceptions. What is left as it is counts as running if it runs now. Needs `with_plan()`."""
    stands = spec_of(environment, now, without_holds=True)
    return _running(stands, environment, now), _running(replace(stands, schedule=new), environment, now)


def saved(less: timedelta, an_hour: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What so much less running in the next 28 days saves a month, by currency; nothing where nothing has a price."""
    a_month = Fraction(less // MOMENT, AHEAD // MOMENT) * HOURS_A_MONTH
    return {currency: money(Fraction(amount) * a_month) for currency, amount in an_hour.items() if amount}


def priced(savings: Mapping[str, Decimal], an_hour: Mapping[str, Decimal]) -> dict[str, Any]:
    """What evidence says of money: the savings, and the prices that they were reckoned by. Plain, for JSON."""
    told = {"savings": savings, "an_hour": an_hour}
    return {name: {code: str(amount) for code, amount in sorted(those.items())} for name, those in told.items()}


def _judged(
    row: Environment,
    hours: Sequence[Hour],
    since: datetime | None,
    an_hour: Mapping[str, Decimal],
    bounds: Limits,
    now: datetime,
) -> Judged:
    stands = present(row)
    schedule = schedule_rules(row.schedule) if row.schedule else None
    said = judge(
        hours,
        schedule=schedule,
        zone=ZoneInfo(stands["timezone"]),
        today=plans.today(stands["timezone"], now),
        since=since,
        always=schedule is None or _never_ends(schedule, now),
        limits=bounds,
    )
    if isinstance(said, Silence):
        return Judged(row, why=said.why, evidence=_numbers(said.evidence, bounds) if said.evidence else {})
    proposal = _proposal(said, stands)
    old, new = fewer(row, schedule_of(proposal), now)
    evidence = _numbers(said.evidence, bounds)
    if new >= old:
        planned = Why.USED if old else Why.OFF_ALREADY
        return Judged(row, why=planned if schedule else Why.BY_HAND, evidence=evidence)
    proposal["hours"] = {"present": round(old / HOUR), "proposed": round(new / HOUR)}
    savings = saved(old - new, an_hour)
    evidence |= priced(savings, an_hour) | {"unused_weekdays": list(said.unused)}
    return Judged(row, str(said.kind), None, proposal, evidence, savings)


def _never_ends(schedule: rules.Schedule, now: datetime) -> bool:
    planned = rules.plan(rules.EnvironmentSpec(schedule, schedule.timezone), now, now + WEEK)
    return all(one.desired is rules.Desired.RUNNING for one in planned)


def _running(spec: rules.EnvironmentSpec, environment: Environment, now: datetime) -> timedelta:
    runs_now = environment.state in {State.RUNNING, State.STARTING, State.REDEPLOYING}
    counted = {rules.Desired.RUNNING, rules.Desired.ANY} if runs_now else {rules.Desired.RUNNING}
    planned = rules.plan(spec, now, now + AHEAD)
    return sum((one.end - one.start for one in planned if one.desired in counted), timedelta())


def _proposal(said: Proposal, stands: Mapping[str, Any]) -> dict[str, Any]:
    """Periods under the names of the model's fields; each has the days of the period that it comes from, without the
    weekdays that go."""
    periods = []
    for line in said.lines:
        days = {"weekdays": line.weekdays, "monthdays": "", "months": "", "name": ""}
        if line.source is not None:
            days = {name: stands["periods"][line.source][name] for name in DAYS}
            days["weekdays"] = line.weekdays or days["weekdays"]
        times = ("" if at is None else clock(at) for at in (line.begin, line.end))
        periods.append(dict(zip(TIMES, times, strict=True)) | days)
    return {
        "timezone": stands["timezone"],
        "override": "" if periods else "stopped",
        "periods": periods,
        "present": dict(stands),
    }


def _numbers(evidence: Evidence, bounds: Limits) -> dict[str, Any]:
    """Plain, for JSON."""
    told = asdict(evidence) | {"limit_cpu": str(bounds.cpu), "limit_network": bounds.network}
    return told | {"cpu": None if evidence.cpu is None else str(evidence.cpu)}


def _rule_fields(period: Mapping[str, str]) -> dict[str, str]:
    fields = {name: period[name] for name in DAYS}
    return fields | {"begintime": period["begin_time"], "endtime": period["end_time"]}
