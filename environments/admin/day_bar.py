"""The bar of a day: what is planned, held, off and really ran, as geometry and as words. Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from environments import rules
from environments.rules.zones import WallClock, moment, zone
from environments.services.plans import bounds, clipped

from .displays import language

Spans = Sequence[tuple[datetime, datetime | None]]
HOURS = (0, 6, 12, 18)


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of the bar: `kind` chooses its form, `x` and `width` are per cent of the day, `title` says it."""

    kind: str
    x: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class DayBar:
    """A drawing, and the same in words: `text`. `now` is empty on any other day than today.

    `words` is what stands beside the bar: what makes the day another than the schedule has it, with why and who.
    """

    day: date
    marks: tuple[Mark, ...]
    ran: tuple[Mark, ...]
    now: str
    labels: tuple[Label, ...]
    text: str
    words: tuple[str, ...]

    @property
    def svg(self) -> SafeString:
        """The drawing. Places are per cent, so it is as wide as its place; colours are classes of plans.css.

        Put together by hand: a board has fifty of them, and a template takes longer for each than all else on its row.
        """
        parts = [
            f'<svg class="db-bar" role="img" aria-label="{escape(self.text)}" width="100%" height="30">',
            '<rect class="db-bar-track" x="0" y="3" width="100%" height="12" rx="3"/>',
            *(_drawn(mark) for mark in self.marks),
            *(
                f'<rect class="db-bar-ran" x="{mark.x}" y="7" width="{mark.width}" height="4" rx="2">'
                f"<title>{escape(mark.title)}</title></rect>"
                for mark in self.ran
            ),
            f'<line class="db-bar-now" x1="{self.now}" x2="{self.now}" y1="0" y2="18"/>' if self.now else "",
            *(
                f'<text class="db-bar-label" x="{label.x}" y="27" text-anchor="{label.anchor}">{label.text}</text>'
                for label in self.labels
            ),
            "</svg>",
        ]
        return mark_safe("".join(parts))  # noqa: S308 - whatever people wrote is escaped above


def _drawn(mark: Mark) -> str:
    title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
    if mark.kind == "off":
        return (
            f'<svg x="{mark.x}" y="3" width="{mark.width}" height="12">{title}'
            '<rect class="db-bar-off" width="100%" height="12"/>'
            '<line class="db-bar-hatch" x1="-12" x2="110%" y1="6" y2="6"/></svg>'
        )
    return f'<rect class="db-bar-{mark.kind}" x="{mark.x}" y="3" width="{mark.width}" height="12" rx="3">{title}</rect>'


def day_bar(
    segments: Sequence[rules.Segment],
    day: date,
    zone_name: str,
    now: datetime | None = None,
    ran: Spans = (),
    without: Sequence[rules.Segment] = (),
) -> DayBar:
    """The bar of `day` in `zone_name`, in the reader's language.

    `segments` may reach beyond the day. `ran` are spans in which it really ran; one without an end goes on until `now`.
    `without` is the plan without exceptions and holds: what they keep on is shown green where it would run anyway.
    Places follow real instants: on a day of 23 or 25 hours the labels stand where the wall clock shows them.
    """
    scale = _Scale(day, zone_name)
    pieces = _joined(clipped(segments, scale.start, scale.end))
    shown = [(kind, piece) for kind, piece in ((kind_of(piece), piece) for piece in pieces) if kind]
    asked = [piece for kind, piece in shown if kind == "asked"]
    anyway = [part for piece in asked for part in _joined(clipped(without, piece.start, piece.end))]
    spans = [(max(since, scale.start), min(until or now or since, scale.end)) for since, until in ran]
    really = [
        scale.mark("ran", since, until, _("ran %(span)s") % {"span": scale.span(since, until, goes_on=until == now)})
        for since, until in spans
        if since < until
    ]
    said = [_said(kind, piece, scale) for kind, piece in shown] + [mark.title for mark in really]
    return DayBar(
        day=day,
        marks=(
            *(scale.mark("planned", s.start, s.end, "") for s in anyway if kind_of(s) == "planned"),
            *(scale.mark(kind, s.start, s.end, _title(kind, s, scale)) for kind, s in shown),
        ),
        ran=tuple(really),
        now=_percent(scale.place(now)) if now and scale.start <= now < scale.end else "",
        labels=tuple(scale.labels()),
        text=", ".join(dict.fromkeys(said)) or _("not running"),
        words=tuple(_words(shown, scale)),
    )


def kind_of(segment: rules.Segment) -> str:
    """The form in which a segment is drawn; empty for what is stopped as the schedule has it."""
    running = segment.desired is rules.Desired.RUNNING
    if segment.source.kind is rules.SourceKind.EXPIRY:
        return "expired"
    if segment.reason.code in {"hold", "exception"}:
        return "asked" if running else "asked-off"
    if segment.desired is rules.Desired.ANY:
        return "paused" if segment.source.kind is rules.SourceKind.PAUSE else "any"
    if running:
        return "planned"
    return "off" if segment.reason.code == "day_off" else ""


class _Scale:
    """From instants to places on the bar, and to what the wall clock shows then."""

    def __init__(self, day: date, zone_name: str) -> None:
        self.day, self.zone = day, zone(zone_name)
        self.start, self.end = bounds(day, zone_name)

    def place(self, at: datetime) -> float:
        if self.start == self.end:  # a date that the zone has leapt over
            return 0.0
        return 100 * (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)

    def clock(self, at: datetime) -> str:
        return "24:00" if at >= self.end else f"{at.astimezone(self.zone):%H:%M}"

    def span(self, since: datetime, until: datetime, *, goes_on: bool = False) -> str:
        """“09:00–18:00”, “all day”, and of what goes on “09:03–now”."""
        if (since, until) == (self.start, self.end):
            return _("all day")
        return f"{self.clock(since)}–{_('now') if goes_on else self.clock(until)}"

    def mark(self, kind: str, since: datetime, until: datetime, title: str) -> Mark:
        x = self.place(since)
        return Mark(kind, _percent(x), _percent(self.place(until) - x), title)

    def labels(self) -> list[Label]:
        wall = WallClock(self.zone)
        places = [(hour, self.place(moment(wall.instant(self.day.toordinal(), hour * 60)))) for hour in HOURS]
        return [Label(_percent(x), f"{hour:02}", "middle" if hour else "start") for hour, x in places]


def _joined(segments: Sequence[rules.Segment]) -> list[rules.Segment]:
    """Neighbours of one form and one reason are one piece: edges of sources and midnights leave no seam."""
    found: list[rules.Segment] = []
    for segment in segments:
        before = found[-1] if found else None
        if before and (kind_of(before), before.reason) == (kind_of(segment), segment.reason):
            found[-1] = rules.Segment(before.start, segment.end, before.desired, before.reason, before.source)
        else:
            found.append(segment)
    return found


def _said(kind: str, segment: rules.Segment, scale: _Scale) -> str:
    """“planned 09:00–18:00”, “day off: Chuseok”."""
    short = segment.reason.short(language())
    if kind in {"off", "expired"}:
        return _("day off: %(name)s") % {"name": short} if kind == "off" else short
    held = segment.source.kind is rules.SourceKind.HOLD
    words = {
        "planned": _("planned %(span)s"),
        "paused": _("paused %(span)s"),
        "any": _("left as it is %(span)s"),
        "asked": _("held %(span)s") if held else _("exception: on %(span)s"),
        "asked-off": _("held stopped %(span)s") if held else _("exception: off %(span)s"),
    }
    return words[kind] % {"span": scale.span(segment.start, segment.end)}


def _title(kind: str, segment: rules.Segment, scale: _Scale) -> str:
    why = segment.reason.text(language())
    return why if kind in {"off", "expired"} else f"{_said(kind, segment, scale)} · {why}"


def _words(shown: Sequence[tuple[str, rules.Segment]], scale: _Scale) -> list[str]:
    """A line for each thing that somebody asked for, or that a calendar has: “held 18:00–22:00 · Kim: client demo”."""
    lines: dict[tuple[str, str], list[str]] = {}
    for kind, segment in shown:
        short = segment.reason.short(language())
        if segment.source.kind is rules.SourceKind.MAINTENANCE:
            lines.setdefault(("maintenance", short), []).append(_said(kind, segment, scale))
        elif segment.reason.code == "working_day":
            lines[kind, short] = [_("working day: %(name)s") % {"name": short}]
        elif kind in {"off", "expired"}:
            lines[kind, short] = [_said(kind, segment, scale)]
        elif kind.startswith("asked") or kind == "paused":
            lines.setdefault((kind, short), []).append(_said(kind, segment, scale))
    return [
        ", ".join(said) + (f" · {short}" if kind.startswith("asked") or kind in {"paused", "maintenance"} else "")
        for (kind, short), said in lines.items()
    ]


def _percent(value: float) -> str:
    """Written with a point in every language: it is read by browsers."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"
