"""What needs somebody, in words: what, since when, and the next step as a button that does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from environments.models import Operation
from environments.rules.durations import spoken
from environments.services import boards
from environments.services.boards import Need, Needing

from .board_rows import Row, fingerprint
from .displays import also, at_place, language
from .operation_cards import usual_durations

MOST = 6
# So much longer than usual is late.
TIMES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the attention row. `since` names the zone of every time in the line, `also` is the same moment by the
    reader's own clock; `step` names the dialog of the button, empty for a link to the page (`url`)."""

    pk: int
    tone: str
    word: str
    name: str
    slug: str
    url: str
    text: str
    since: str
    also: str
    step: str
    label: str
    is_red: bool
    ticket: int | None = None

    @property
    def key(self) -> str:
        return f"need-{self.pk}"


def found(user: User | AnonymousUser, now: datetime) -> list[Needing]:
    """All that needs somebody, the most urgent first."""
    under_way = boards.long_under_way(user, now)
    slow: list[Needing] = []
    for kind in Operation.Kind:
        begun = {pk: since for pk, name, since in under_way if name == kind}
        usual = usual_durations(begun, kind)
        slow += [
            Needing(pk, Need.SLOW, since)
            for pk, since in begun.items()
            if pk in usual and now - since > max(TIMES * usual[pk], boards.LATE_AT_LEAST)
        ]
    return boards.ranked([*boards.attention(user, now), *slow])


def lines(needing: Iterable[Needing], rows: Mapping[int, Row], now: datetime) -> list[Line]:
    """The lines of those whose rows are there; a query more where a check is in trouble, for the tickets of that."""
    shown = [one for one in needing if one.environment_id in rows]
    unwell = [one.environment_id for one in shown if one.need is Need.UNHEALTHY]
    opened = boards.open_incidents(unwell) if unwell else {}
    return [_line(one, rows[one.environment_id], now, opened.get(one.environment_id)) for one in shown]


def seen(shown: Sequence[Line], more: int) -> str:
    return fingerprint((shown, more))


def _line(one: Needing, row: Row, now: datetime, ticket: int | None) -> Line:
    card, environment = row.card, row.card.environment
    word, tone, text, step, label = _said(one, row, now)
    since = _("since %(time)s") % {"time": at_place(one.since, card.zone, now)} if one.since else ""
    if one.need is Need.ENDING:
        since = f"({card.zone})"
    anchor = "#guard" if card.guarded else "#health" if one.need is Need.UNHEALTHY else ""
    return Line(
        pk=row.pk,
        tone=tone,
        word=word,
        name=environment.name,
        slug=environment.slug,
        url=row.url + anchor,
        text=text,
        since=since,
        also=also(one.since, card.zone, now),
        step=step if row.may_switch else "",
        label=label if row.may_switch or not step else _("Open"),
        is_red=one.need in {Need.FAILED, Need.NOT_BEGUN, Need.UNHEALTHY} and not card.guarded,
        ticket=ticket,
    )


def _said(one: Needing, row: Row, now: datetime) -> tuple[str, str, str, str, str]:
    """The word and its tone, the sentence, the dialog of the next step, and the button's word."""
    card = row.card
    match one.need:
        case Need.FAILED if card.guarded:
            said = _("It is not deleted until somebody accepts that data is lost with it.")
            return _("Guard"), "unknown", said, "", _("Review")
        case Need.FAILED if row.review:
            return card.state, "failed", card.short, "", _("Review")
        case Need.FAILED:
            return card.state, "failed", card.short, "retry", _("Try again")
        case Need.NOT_BEGUN:
            said = _("What its plan wished for then has not begun. Is the clockwork running?")
            return _("Late"), "failed", said, "", _("Open")
        case Need.UNHEALTHY:
            health = row.health
            return (health.word, "failed", health.why, "", _("Open")) if health else (card.state, "failed", "", "", "")
        case Need.SLOW:
            return _("Late"), "unknown", _slow(one, row, now), "", _("Watch")
        case Need.DRIFTED:
            return card.state, "unknown", card.short, "", _("Review")
        case Need.KEPT:
            return _("Held"), "held", card.hold_text, "release", _("Release")
        case Need.ENDING:
            step, label = ("keep", _("Keep on")) if card.can_keep else ("", _("Open"))
            return _("Ends soon"), "held", card.short, step, label


def _slow(one: Needing, row: Row, now: datetime) -> str:
    """“Starting for 24 min; it usually takes 7 min.”"""
    current, usual = row.card.current, row.usual
    if current is None or one.since is None or usual is None:
        return row.card.short
    words = {
        Operation.Kind.START: _("Starting for %(time)s; it usually takes %(usual)s."),
        Operation.Kind.STOP: _("Stopping for %(time)s; it usually takes %(usual)s."),
        Operation.Kind.REDEPLOY: _("Redeploying for %(time)s; it usually takes %(usual)s."),
    }
    took = timedelta(minutes=(now - one.since) // timedelta(minutes=1))
    return words[Operation.Kind(current.kind)] % {
        "time": spoken(took, language()),
        "usual": spoken(usual, language()),
    }
