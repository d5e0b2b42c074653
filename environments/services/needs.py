"""Environments that need others: cycles refused at entry, and nothing stopped that others still need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Operation, State, Wish
from environments.rules import needs as graphs

from .operations import Wanted
from .permissions import EXCEED
from .specs import spec_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    Person = User | AnonymousUser

# What is kept running is judged again when those that need it stop; should nobody say so, after this time.
LOOK_AGAIN = timedelta(minutes=10)
UP = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING, State.STOPPING, State.FAILED_TO_STOP})
# A mark in the reason of a start: nothing but the need of others brought it up.
FOR_OTHERS = "for_others"
LET_GO = Wanted(
    kind=Operation.Kind.STOP,
    trigger=Operation.Trigger.SCHEDULE,
    reason={"en": "Nobody needs it any more", "ko": "더 이상 필요로 하는 환경 없음"},
)
NOTHING: Mapping[int, Wish] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Needing:
    """Somebody who still needs an environment. `until`: when their plan ends; None where it does not say."""

    environment: Environment
    until: datetime | None
    visible: bool


def graph() -> dict[int, set[int]]:
    """Who needs whom, in one query; needs that are part of a cycle do not count (`rules.needs.without_cycles`)."""
    return graphs.without_cycles(graphs.graph_of(_edges()))


def _edges() -> Iterable[tuple[int, int]]:
    return Environment.needs.through.objects.values_list("from_environment_id", "to_environment_id")


def mark(environment: Environment) -> str:
    """Another text as soon as it needs others, others need it, or one of them is called, does or belongs to something
    else; for pages that ask every few seconds. One query."""
    rows = [
        others.order_by().values_list(Value(n), "slug", "name", "state", "team_id")
        for n, others in enumerate((environment.needs, environment.needed_by))
    ]
    return repr(sorted(rows[0].union(rows[1], all=True)))


def entry_problem(environment: Environment, wanted: Sequence[Environment], editor: Person) -> str:
    """Why `environment` may not need those, in words; empty where it may.

    Within the caller's transaction, which must also write them: edits wait for each other here, so that two at the
    same time cannot make a cycle together.
    """
    if not environment.pk:
        return ""  # nothing can need it yet
    if environment in wanted:
        return _("An environment cannot need itself.")
    ContentType.objects.select_for_update(no_key=True).get(app_label="environments", model="environment")
    path = graphs.cycle(graphs.graph_of(_edges()) | {environment.pk: {one.pk for one in wanted}}, environment.pk)
    if not path:
        return ""
    seen = Environment.objects.visible_to(editor).filter(pk__in=path).values_list("pk", "name")
    names = dict.fromkeys(path, _("(another team's)")) | dict(seen) | {environment.pk: environment.name}
    return _("They would need each other in a circle: %(path)s") % {"path": graphs.in_words(path, names)}


def who_needs(ids: Iterable[int], wishes: Mapping[int, Wish] = NOTHING) -> dict[int, list[int]]:
    """Environment -> who still needs it: runs, is on its way there or from there, or is planned to run now.

    `wishes` are newer than those that are stored. One query where nobody needs any of them, else three.
    """
    wanted = list(ids)
    if not wanted or not Environment.needs.through.objects.filter(to_environment__in=wanted).exists():
        return {}
    needed_by = graphs.turned(graph())
    closures = {who for pk in wanted for who in graphs.closure(needed_by, pk)}
    rows = Environment.objects.filter(pk__in=closures).values_list("pk", "state", "wish")
    standings = {
        pk: graphs.Standing(up=state in UP, wished=wishes.get(pk, wish) == Wish.RUNNING) for pk, state, wish in rows
    }
    found = {pk: graphs.blockers(needed_by, standings, pk) for pk in wanted}
    return {pk: who for pk, who in found.items() if who}


@dataclass(frozen=True, slots=True)
class Kept:
    """Of environments whose plans no longer want them running: which run on, and which are to be stopped although no
    plan of theirs says so, because nothing but the need of others had started them."""

    running_on: frozenset[int] = frozenset()
    let_go: frozenset[int] = frozenset()


def kept(candidates: Sequence[Environment], wishes: Mapping[int, Wish]) -> Kept:
    """Judge those whose wish is no longer to run; `wishes` are the new ones of all environments judged in this turn."""
    needed = who_needs([environment.pk for environment in candidates], wishes)
    left = [one.pk for one in candidates if one.pk not in needed and _is_left(one, wishes)]
    return Kept(frozenset(needed), only_for_others(left))


def _is_left(environment: Environment, wishes: Mapping[int, Wish]) -> bool:
    """Whether it runs and its plan leaves it as it is from now on."""
    begins = wishes[environment.pk] == Wish.ANY and environment.wish == Wish.RUNNING
    return begins and environment.state != State.STOPPED


def only_for_others(ids: Sequence[int]) -> frozenset[int]:
    """Which of these were last started for others only; none of what nobody can need, without a further look. Two
    queries at most."""
    links = Environment.needs.through.objects.filter(to_environment__in=ids)
    concerned = set(links.values_list("to_environment_id", flat=True)) if ids else set()
    if not concerned:
        return frozenset()
    starts = Operation.objects.filter(environment__in=concerned, kind=Operation.Kind.START)
    last = dict(starts.order_by("created_at", "pk").values_list("environment_id", "reason"))
    return frozenset(pk for pk, reason in last.items() if FOR_OTHERS in reason)


def needed_of(environment_id: int) -> list[int]:
    """What an environment needs itself: to be judged again when it has stopped."""
    links = Environment.needs.through.objects.filter(from_environment=environment_id)
    return list(links.values_list("to_environment_id", flat=True))


def still_needing(environment: Environment, viewer: Person, now: datetime) -> list[Needing]:
    """Who still needs it and until when, the nearest first; one query where nobody does, else a fixed number."""
    return still_needing_each([environment.pk], viewer, now).get(environment.pk, [])


def still_needing_each(ids: Iterable[int], viewer: Person, now: datetime) -> dict[int, list[Needing]]:
    """`still_needing` for each of several that somebody needs, by their ids; as many queries as for one."""
    found = who_needs(ids)
    wanted = {pk for needing in found.values() for pk in needing}
    if not wanted:
        return {}
    rows = {row.pk: row for row in Environment.objects.filter(pk__in=wanted).with_plan(now)}
    visible = set(Environment.objects.visible_to(viewer).filter(pk__in=wanted).values_list("pk", flat=True))
    said = {pk: Needing(row, _planned_end(row, now), pk in visible) for pk, row in rows.items()}
    return {needed: [said[pk] for pk in needing if pk in said] for needed, needing in found.items()}


def _planned_end(environment: Environment, now: datetime) -> datetime | None:
    try:
        found = rules.explain(spec_of(environment, now), now)
    except (rules.RuleError, ValueError):
        return None
    return found.until if found.desired is rules.Desired.RUNNING else None


def in_words(needing: Sequence[Needing], zone: str, now: datetime) -> str:
    """“chat-dev until 18:00, chat-qa and 1 of another team”, in the reader's language; those they may not see are
    counted."""
    said = [
        _("%(name)s until %(time)s")
        % {"name": one.environment.name, "time": rules.when(one.until, now, zone, get_language() or "en")}
        if one.until
        else one.environment.name
        for one in needing
        if one.visible
    ]
    hidden = sum(not one.visible for one in needing)
    if hidden:
        said.append(ngettext("%(n)d of another team", "%(n)d of other teams", hidden) % {"n": hidden})
    return ", ".join(said)


def refuse_stop(environment: Environment, author: Person, *, anyway: bool, now: datetime) -> None:
    """ValidationError naming who still needs it. `anyway` lets those through who may pass limits (operators)."""
    if anyway and author.has_perm(EXCEED):
        return
    needing = still_needing(environment, author, now)
    if needing:
        who = in_words(needing, environment.zone_name, now)
        said = _("%(name)s is not stopped, because others still need it: %(who)s. Stop these first.")
        raise ValidationError(said % {"name": environment.name, "who": who})
