"""The card “Health” of an environment's page: what each check says, since when, how fast, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models import AlarmCheck, Check, CheckState, Device, Environment, Heartbeat, HttpCheck
from environments.rules import RuleError, expecting
from environments.rules.health import WORST_FIRST, Expectation
from environments.services import health, health_history, permissions
from environments.services.health_history import DAY, SHARES, SLOT, Slot, Tally

from . import health_words, small_charts
from .health_words import CHECK_TONES, figure, share
from .own_clock import at_place_words
from .small_charts import Small

# More of one kind than that are a line together, and a page of their own.
ALONE: Final = 8
KINDS: Final[dict[str, tuple[type[Model], str, Any]]] = {
    Check.Kind.HTTP: (HttpCheck, "httpcheck", gettext_lazy("Web address")),
    Check.Kind.HEARTBEAT: (Heartbeat, "heartbeat", gettext_lazy("Heartbeat")),
    Check.Kind.ALARM: (AlarmCheck, "alarmcheck", gettext_lazy("CloudWatch alarms")),
    Check.Kind.DEVICE: (Device, "device", gettext_lazy("Device")),
}
OF_SILENCE: Final = (Check.Kind.HEARTBEAT, Check.Kind.DEVICE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A check as people read it. `shares`: days, and the share or the count of each; empty where nothing is known."""

    pk: int
    name: str
    kind: str
    word: str
    tone: str
    why: str
    since: str
    facts: tuple[str, ...]
    warning: str
    ms: str
    chart: Small | None
    shares: tuple[tuple[str, str], ...]
    url: str
    can_ask: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Many checks of a kind in one line."""

    kind: str
    word: str
    tone: str
    told: str
    names: str
    url: str


def checks_of(environment: Environment) -> list[Check]:
    """Its checks with what their kinds know, those in trouble first; one query."""
    rows = Check.objects.filter(environment=environment)
    found = list(rows.select_related("httpcheck", "heartbeat", "device").order_by("name", "pk"))
    return sorted(found, key=lambda check: (not check.is_on, WORST_FIRST.index(check.state)))


def stamp(checks: Sequence[Check], now: datetime) -> tuple[object, ...]:
    """Changes when the card reads anew, at the latest each five minutes."""
    return (*(_reads(check) for check in checks), now.timestamp() // 300)


def asleep_until(environment: Environment, checks: Sequence[Check], now: datetime) -> str:
    """`health_words.asleep_until`, where one of these sleeps; no query."""
    sleeps = any(check.state == CheckState.ASLEEP for check in checks)
    return health_words.asleep_until(environment, now) if sleeps else ""


def section(
    request: HttpRequest, environment: Environment, checks: Sequence[Check], now: datetime, asleep: str
) -> dict[str, Any]:
    """The context of `environments/_health_card.html`; three queries. `asleep` is `asleep_until` of these."""
    may = request.user.has_perm("environments.view_check")
    if not may:
        return {"health_hidden": True}
    by_kind = {kind: [check for check in checks if check.kind == kind] for kind in KINDS}
    grouped = [kind for kind in OF_SILENCE if len(by_kind[kind]) > ALONE]
    alone = [check for check in checks if check.kind not in grouped]
    today = now.astimezone(ZoneInfo(environment.zone_name)).date()
    days = health_history.last_day([check.pk for check in alone if check.kind == Check.Kind.HTTP], now)
    tallies = health_history.tallies(environment.pk, today, now) if alone else {}
    return {
        "shown_checks": [
            shown(request, environment, check, now, asleep, days.get(check.pk, []), tallies.get(check.pk, {}))
            for check in alone
        ],
        "groups": [_group(environment, kind, by_kind[kind], asleep) for kind in grouped],
        "adds": _adds(request, environment),
        "health_url": reverse("environments:health", args=[environment.slug]),
    }


def shown(
    request: HttpRequest,
    environment: Environment,
    check: Check,
    now: datetime,
    asleep: str,
    slots: Sequence[Slot] = (),
    tallies: dict[int, Tally] | None = None,
) -> Shown:
    zone = environment.zone_name
    model, name, kind = KINDS[check.kind]
    state = CheckState(check.state)
    tallies = dict(tallies or {})
    if slots:
        tallies[1] = health_history.added(slots)
    linked = admin.site.is_registered(model) and request.user.has_perm(f"environments.change_{name}")
    certificate, warning = _certificate(check, zone, now)
    answers = check.kind == Check.Kind.HTTP
    last_ms = check.httpcheck.last_ms if answers and state != CheckState.ASLEEP else None
    told = [*_expected(environment, check, now), *([certificate] if certificate else [])]
    return Shown(
        pk=check.pk,
        name=check.name,
        kind=str(kind),
        word=str(state.label) if check.is_on else _("Switched off"),
        tone=CHECK_TONES[state] if check.is_on else "stopped",
        why=((state == CheckState.ASLEEP and asleep) or check.reason_text) if check.is_on else "",
        since=at_place_words(check.state_since, zone, now) if check.state_since and check.is_on else "",
        facts=tuple(told),
        warning=warning,
        ms=figure(last_ms) if last_ms is not None else "",
        chart=sparkline(slots, now) if slots else None,
        shares=tuple((_days(length), share(tallies[length])) for length in SHARES if length in tallies),
        url=reverse(f"admin:environments_{name}_change", args=[check.pk]) if linked else "",
        can_ask=answers
        and check.is_on
        and state != CheckState.ASLEEP
        and bool(request.user.has_perm(permissions.SWITCH)),
    )


def sparkline(slots: Sequence[Slot], now: datetime) -> Small:
    begin = now - DAY
    points = [(min(max((one.begin + SLOT / 2 - begin) / DAY, 0.0), 1.0), one.ms) for one in slots]
    times = [one.ms for one in slots if one.ms is not None]
    bad = [one for one in slots if one.up < one.samples]
    whole = health_history.added(slots)
    told = _("Last 24 hours: %(share)s of %(number)s answers as they should be.") % {
        "share": share(whole),
        "number": formats.number_format(whole.samples, force_grouping=True),
    }
    if times:
        usual = sorted(times)[len(times) // 2]
        told += " " + _("Half an hour took %(usual)s on average, the slowest %(most)s.") % {
            "usual": figure(usual),
            "most": figure(max(times)),
        }
    return Small(
        lines=small_charts.lines(points, top=max(times, default=1), gap=2.5 * (SLOT / DAY)),
        troubles=small_charts.spans((max((one.begin - begin) / DAY, 0.0), SLOT / DAY) for one in bad),
        told=told,
    )


def _reads(check: Check) -> tuple[object, ...]:
    its: tuple[object, ...] = (check.pk, check.name, check.is_on, check.state, check.state_since, str(check.reason))
    if check.kind == Check.Kind.HTTP:
        return (*its, check.httpcheck.last_ms, check.httpcheck.certificate_until)
    return (*its, check.seen_at)


def _expected(environment: Environment, check: Check, now: datetime) -> list[str]:
    """When it was last heard of, and until when it is next expected; where its reason says both, nothing."""
    if check.kind not in OF_SILENCE or (check.state in {CheckState.UP, CheckState.STARTING} and check.reason):
        return []
    zone, said = environment.zone_name, []
    if check.seen_at:
        said.append(_("last heard of %(time)s") % {"time": at_place_words(check.seen_at, zone, now)})
    if not check.is_on or health.expected(environment, check) is not Expectation.EXPECTED:
        return said
    its: Heartbeat | Device = check.heartbeat if check.kind == Check.Kind.HEARTBEAT else check.device
    try:
        since = health.expected_since(environment, check)
        due = expecting.next_due(its.expected(zone), since=since, last_at=check.seen_at, now=now)
    except RuleError:
        return said  # the check's own page says what is wrong with its times
    late = _("was expected until %(time)s") if due <= now else _("expected until %(time)s")
    return [*said, late % {"time": at_place_words(due, zone, now)}]


def _certificate(check: Check, zone: str, now: datetime) -> tuple[str, str]:
    """Until when its certificate is valid: calmly, or as a warning."""
    if check.kind != Check.Kind.HTTP or check.httpcheck.certificate_until is None:
        return "", ""
    until = check.httpcheck.certificate_until
    words = {"time": at_place_words(until, zone, now)}
    if until <= now:
        return "", _("its certificate ended %(time)s") % words
    if until - now < timedelta(days=check.httpcheck.certificate_days):
        return "", _("its certificate ends %(time)s") % words
    return _("certificate until %(time)s") % words, ""


def _group(environment: Environment, kind: str, checks: Sequence[Check], until: str) -> Group:
    watched = [check for check in checks if check.is_on]
    missed = [check for check in watched if check.state in {CheckState.MISSED, CheckState.DOWN}]
    late = [check for check in watched if check.state == CheckState.LATE]
    fine = sum(check.state == CheckState.UP for check in watched)
    told = [_("%(number)s of %(all)s have reported in time") % {"number": fine, "all": len(watched)}]
    told += [_("%(number)s missed") % {"number": len(missed)}] if missed else []
    told += [_("%(number)s late") % {"number": len(late)}] if late else []
    named = [check.name for check in [*missed, *late]]
    asleep = bool(watched) and all(check.state == CheckState.ASLEEP for check in watched)
    worst = CheckState.MISSED if missed else CheckState.LATE if late else CheckState.UP
    worst = CheckState.ASLEEP if asleep else worst if fine or missed or late else CheckState.UNKNOWN
    more = f" (+{len(named) - ALONE})" if len(named) > ALONE else ""
    plural = {Check.Kind.HEARTBEAT: _("Heartbeats"), Check.Kind.DEVICE: _("Devices")}
    return Group(
        kind=plural[Check.Kind(kind)],
        word=str(worst.label),
        tone=CHECK_TONES[worst],
        told=until if asleep and until else "; ".join(told),
        names=", ".join(named[:ALONE]) + more,
        url=reverse("environments:health_checks", args=[environment.slug, kind]),
    )


def _adds(request: HttpRequest, environment: Environment) -> list[tuple[str, str]]:
    """Word and address of what this person may add."""
    return [
        (str(word), f"{reverse(f'admin:environments_{name}_add')}?environment={environment.pk}")
        for model, name, word in KINDS.values()
        if admin.site.is_registered(model) and request.user.has_perm(f"environments.add_{name}")
    ]


def _days(length: int) -> str:
    return _("24 hours") if length == 1 else _("%(days)s days") % {"days": length}
