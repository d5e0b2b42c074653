"""The bar of a day: what is planned, held, off and really ran, as geometry and as words. Pure: no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from environments import rules
from environments.services.plans import clipped

from .day_drawing import drawing
from .day_scale import ReadersClock, Scale, scale_of
from .displays import language

Spans = Sequence[tuple[datetime, datetime | None]]
TIMELESS = frozenset({"off", "expired"})
"""Forms of pieces whose words say no time."""
WORKING = "working"


class Mark(NamedTuple):
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
class Note:
    """A line beside the bar; `also` is its times by the reader's own clock, `is_timed` whether it has any."""

    words: str
    also: str = ""
    is_timed: bool = False


@dataclass(frozen=True, slots=True)
class DayBar:
    """A drawing, and the same in words: `text`. `now` is empty on any other day than today.

    `notes` are what stands beside the bar: what makes the day another than the schedule has it, with why and who.
    `mine` is the text by the clock of the reader, whose zone is `reader`; both are empty when it shows the same.
    """

    day: date
    zone_name: str
    marks: tuple[Mark, ...]
    ran: tuple[Mark, ...]
    now: str
    labels: tuple[Label, ...]
    text: str
    notes: tuple[Note, ...]
    reader: str = ""
    mine: str = ""

    @property
    def also(self) -> str:
        """The text by the reader's own clock, for a second line: “= planned 01:00–10:00 Europe/Berlin”."""
        return f"= {self.mine} {self.reader}" if self.mine else ""

    @property
    def has_times(self) -> bool:
        """Whether its words name a time, so that the zone must be named beside them."""
        return bool(self.ran) or any(mark.title and mark.kind not in TIMELESS for mark in self.marks)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(note.words for note in self.notes)

    @property
    def svg(self) -> SafeString:
        return drawing(self)


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
    `without` is the plan without exceptions and holds: what they keep on is shown green where it would run anyway, and
    a day off that they leave nothing of is still said by its name.
    Places follow real instants: on a day of 23 or 25 hours the labels stand where the wall clock shows them.
    """
    scale = scale_of(day, zone_name)
    reader = ReadersClock.beside(scale)
    pieces = _joined(clipped(segments, scale.start, scale.end))
    shown = [(kind, piece) for kind, piece in ((kind_of(piece), piece) for piece in pieces) if kind]
    asked = [piece for kind, piece in shown if kind == "asked"]
    anyway = [part for piece in asked for part in _joined(clipped(without, piece.start, piece.end))]
    under = _days_off_under(shown, clipped(without, scale.start, scale.end))
    said = dict.fromkeys([*(_said(kind, piece, scale) for kind, piece in shown), *under])
    mine = [_said(kind, piece, reader) for kind, piece in shown if kind not in TIMELESS] if reader else []
    planned = DayBar(
        day=day,
        zone_name=zone_name,
        marks=(
            *(_mark(scale, "planned", s.start, s.end, "") for s in anyway if kind_of(s) == "planned"),
            *(_mark(scale, kind, s.start, s.end, _title(kind, s, scale, under)) for kind, s in shown),
        ),
        ran=(),
        now=_percent(scale.place(now)) if now and scale.start <= now < scale.end else "",
        labels=tuple(Label(_percent(x), hour, "start" if hour == "00" else "middle") for hour, x in scale.hours),
        text=", ".join(said) or _("not running"),
        notes=(*_notes(shown, scale, reader), *(Note(words) for words in under)),
        reader=reader.name if reader else "",
        mine=", ".join(dict.fromkeys(mine)),
    )
    return with_ran(planned, day, ran, now)


def with_ran(bar: DayBar, day: date, ran: Spans, now: datetime | None) -> DayBar:
    """The bar of a plan as that of `day`, which has the same, and on top when it really ran: the cheaper part where
    many share a plan."""
    scale = scale_of(day, bar.zone_name)
    ends = [(max(since, scale.start), min(until or now or since, scale.end)) for since, until in ran]
    spans = [(since, until) for since, until in ends if since < until]
    if not spans:
        return bar
    said, reader = _("ran %(span)s"), ReadersClock.beside(scale)
    titles = ran_words(said, scale, spans, now)
    mine = ran_words(said, reader, spans, now) if reader else []
    return replace(
        bar,
        day=day,
        ran=tuple(_mark(scale, "ran", *span, title) for span, title in zip(spans, titles, strict=True)),
        text=", ".join([*([bar.text] if bar.marks else []), *dict.fromkeys(titles)]),
        mine=", ".join([*([bar.mine] if bar.mine else []), *dict.fromkeys(mine)]),
    )


def ran_words(
    said: str, clock: Scale | ReadersClock, spans: Iterable[tuple[datetime, datetime]], now: datetime | None
) -> list[str]:
    """“ran 09:03–18:00” for each span within the day; `said` is the translated phrase, the same for thousands."""
    return [said % {"span": clock.span(since, until, goes_on=until == now)} for since, until in spans]


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


def _mark(scale: Scale, kind: str, since: datetime, until: datetime, title: str) -> Mark:
    x = scale.place(since)
    return Mark(kind, _percent(x), _percent(scale.place(until) - x), title)


def _said(kind: str, segment: rules.Segment, clock: Scale | ReadersClock) -> str:
    """“planned 09:00–18:00”, “day off: Chuseok”."""
    if kind in TIMELESS:
        short = segment.reason.short(language())
        return _("day off: %(name)s") % {"name": short} if kind == "off" else short
    held = segment.source.kind is rules.SourceKind.HOLD
    words = {
        "planned": _("planned %(span)s"),
        "paused": _("paused %(span)s"),
        "any": _("left as it is %(span)s"),
        "asked": _("held %(span)s") if held else _("exception: on %(span)s"),
        "asked-off": _("held stopped %(span)s") if held else _("exception: off %(span)s"),
    }
    return words[kind] % {"span": clock.span(segment.start, segment.end)}


def _days_off_under(shown: Iterable[tuple[str, rules.Segment]], without: Iterable[rules.Segment]) -> tuple[str, ...]:
    """The days off of which exceptions and holds leave nothing: “day off: Chuseok (overruled)”, without the brackets
    where these keep it off as well."""
    pieces = list(shown)
    kinds = {kind for kind, _piece in pieces}
    said = _("day off: %(name)s (overruled)") if "asked" in kinds else _("day off: %(name)s")
    there = {piece.reason.short(language()) for kind, piece in pieces if kind == "off"}
    names = dict.fromkeys(piece.reason.short(language()) for piece in without if kind_of(piece) == "off")
    return tuple(said % {"name": name} for name in names if name not in there)


def _title(kind: str, segment: rules.Segment, scale: Scale, under: Sequence[str]) -> str:
    why = segment.reason.text(language())
    if kind in TIMELESS:
        return why
    return " · ".join([_said(kind, segment, scale), why, *(under if kind.startswith("asked") else ())])


def _notes(shown: Sequence[tuple[str, rules.Segment]], scale: Scale, reader: ReadersClock | None) -> Iterator[Note]:
    """A line for each thing that somebody asked for, or that a calendar has: “held 18:00–22:00 · Kim: client demo”."""
    lines: dict[tuple[str, str], list[tuple[str, rules.Segment]]] = {}
    for kind, segment in shown:
        short = segment.reason.short(language())
        if segment.source.kind is rules.SourceKind.MAINTENANCE:
            lines.setdefault(("maintenance", short), []).append((kind, segment))
        elif segment.reason.code == "working_day":
            lines[WORKING, short] = []
        elif kind in TIMELESS or kind.startswith("asked") or kind == "paused":
            lines.setdefault((kind, short), []).append((kind, segment))
    for (kind, short), pieces in lines.items():
        if kind == WORKING:
            yield Note(_("working day: %(name)s") % {"name": short})
        elif kind in TIMELESS:
            yield Note(_said(*pieces[0], scale))
        else:
            mine = ", ".join(_said(*piece, reader) for piece in pieces) if reader else ""
            said = ", ".join(_said(*piece, scale) for piece in pieces)
            yield Note(f"{said} · {short}", reader.line(mine) if reader else "", is_timed=True)


def _percent(value: float) -> str:
    """Written with a point in every language: it is read by browsers."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"
