"""The card “Last day” of an environment's page: what CloudWatch measured of each target, as small charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.aws.cloudwatch_metrics import BYTES, METRICS, PER_CENT
from environments.models import Environment, MetricSeries
from environments.models.texts import in_language
from environments.services.metric_looks import Look

from . import small_charts
from .own_clock import at_place_words
from .small_charts import Small

DAY: Final = timedelta(days=1)
KILO: Final = 1000
NAMES: Final = {
    "cpu": gettext_lazy("Processor"),
    "memory": gettext_lazy("Memory"),
    "network_in": gettext_lazy("Network in"),
    "network_out": gettext_lazy("Network out"),
    "connections": gettext_lazy("Connections"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of a target: its newest value and when that was, the lowest and highest of the day."""

    name: str
    last: str
    at: str
    low: str
    high: str
    chart: Small


@dataclass(frozen=True, slots=True)
class OfTarget:
    name: str
    metrics: tuple[Measured, ...]


def stamp(look: Look | None) -> tuple[object, ...]:
    """Changes when CloudWatch has answered anew; `look` is the environment's last one."""
    return ("measured", *(str(value) for value in look)) if look else ()


def section(environment: Environment, look: Look | None, now: datetime) -> dict[str, Any]:
    """The context of `environments/_metrics_card.html`; one query, and none where nothing is measured."""
    if look is None:
        return {"measured": False}
    rows = MetricSeries.objects.filter(environment=environment).select_related("target").order_by("target", "pk")
    order = {name: at for at, name in enumerate(METRICS)}
    by_target: dict[str, list[MetricSeries]] = {}
    for row in rows:
        by_target.setdefault(row.target.identifier, []).append(row)
    shown = [
        OfTarget(name, tuple(_measured(row, environment.zone_name, now) for row in
                             sorted(its, key=lambda row: order.get(row.metric, len(order))) if _fresh(row, now)))
        for name, its in by_target.items()
    ]  # fmt: skip
    return {
        "measured": True,
        "metrics": [one for one in shown if one.metrics],
        "metrics_asked": at_place_words(look.asked_at, environment.zone_name, now) if look.asked_at else "",
        "metrics_problem": in_language(look.problem) if look.problem else "",
        "metrics_raw": str(look.problem.get("raw", "")),
        "metrics_url": reverse("environments:metrics", args=[environment.slug]),
    }


def value_words(value: float, unit: str) -> str:
    """“37 %”, “1.2 MB/s”, “14”."""
    if unit == PER_CENT:
        return _("%(number)s %%") % {"number": _rounded(value)}
    if unit != BYTES:
        return _rounded(value)
    for size, words in ((KILO**2, _("%(number)s MB/s")), (KILO, _("%(number)s KB/s"))):
        if value >= size:
            return words % {"number": _rounded(value / size)}
    return _("%(number)s B/s") % {"number": _rounded(value)}


def _rounded(value: float) -> str:
    places = 1 if 0 < abs(value) < 10 and round(value, 1) % 1 else 0
    return formats.number_format(round(value, places), decimal_pos=places, force_grouping=True)


def _fresh(row: MetricSeries, now: datetime) -> bool:
    return bool(row.points) and row.points[-1][0] > (now - DAY).timestamp()


def _measured(row: MetricSeries, zone: str, now: datetime) -> Measured:
    begin = (now - DAY).timestamp()
    points: Sequence[tuple[int, float]] = [(at, value) for at, value in row.points if at >= begin]
    values = [value for _at, value in points]
    name = str(NAMES.get(row.metric, row.metric))
    last, low, high = (value_words(value, row.unit) for value in (values[-1], min(values), max(values)))
    at = at_place_words(datetime.fromtimestamp(points[-1][0], UTC), zone, now)
    told = _("%(name)s over the last 24 hours: now %(last)s, lowest %(low)s, highest %(high)s.") % {
        "name": name,
        "last": last,
        "low": low,
        "high": high,
    }
    day = DAY.total_seconds()
    drawn = small_charts.lines(
        [((at - begin) / day, value) for at, value in points],
        top=max(max(values), 100.0 if row.unit == PER_CENT and max(values) > 50 else 0.0, 1e-9),
        gap=2.5 * row.period_s / day,
    )
    return Measured(name, last, at, low, high, Small(drawn, (), told))
