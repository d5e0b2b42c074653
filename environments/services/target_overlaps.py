"""No thing of AWS is switched by two targets: what a target names is compared with what all others name.

Names and filters are compared as they are written, which is certain and asks nobody. Whether a filter finds what
another target names, or a thing is a part of another's stack, only AWS can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from environments.models import Account, Environment, Target
from environments.targets import discovery as aws
from environments.targets.base import Texts
from environments.targets.discovery import Found, Place
from environments.targets.selection import Selection, SelectionError, selection

from . import discovery_texts
from .accounts import reference
from .discovery import Row, roots, stack_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

STACK = "cloudformation"
# Somebody waits at their browser, and what cannot be asked blocks nobody.
PATIENCE_S = 8.0


@dataclass(frozen=True, slots=True)
class Naming:
    """What a target names, saved or not; `but` is its own id, 0 until it is saved."""

    account: Account
    region: str
    kind: str
    identifier: str
    options: Mapping[str, Any] = field(default_factory=dict)
    but: int = 0

    def others(self) -> list[Target]:
        rows = Target.objects.filter(account=self.account, region=self.region).exclude(pk=self.but)
        return list(rows.select_related("environment").order_by("pk"))


@dataclass(frozen=True, slots=True)
class Overlap:
    """A thing (or filter) that another target switches already; `through` is the stack that it is a part of."""

    thing: str
    other: Target
    through: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What AWS says of a target's overlap with others, and why it could not be asked."""

    overlap: Overlap | None = None
    unasked: tuple[Texts, ...] = ()


def written(naming: Naming) -> Overlap | None:
    """The overlap that what is written shows: a name that both have, or a filter that takes in all that another finds.

    Sees through orders, spaces, letters that do not count (RDS), and ARNs of App Runner. Queries: one.
    """
    mine = _selection(naming.identifier)
    if mine is None:
        return None
    for other in naming.others():
        theirs = _selection(other.identifier) if other.kind == naming.kind else None
        if theirs is None:
            continue
        filters = mine.tags and theirs.tags and _same_cluster(naming.options, other.options)
        if filters and (_takes_in(mine, theirs) or _takes_in(theirs, mine)):
            return Overlap(naming.identifier, other)
        both = _names(naming.kind, theirs).keys() & _names(naming.kind, mine).keys()
        if both:
            return Overlap(_names(naming.kind, mine)[min(both)], other)
    return None


def in_aws(naming: Naming, *, patience_s: float = PATIENCE_S) -> Answer:
    """The overlap that AWS shows at this moment. Nothing is changed, and no transaction should be open.

    Asked only where what is written cannot tell. Takes `patience_s` at the most. Calls: one a page of the kinds that
    matter; none where no other target could overlap.
    """
    others = naming.others()
    kinds = _kinds_to_ask(naming, others)
    if not kinds:
        return Answer()
    places = [Place(kind, naming.region) for kind in sorted(kinds)]
    looked = aws.find(reference(naming.account), places, patience_s=patience_s)
    rows = [Row(found, naming.region) for place in places for found in looked.found.get(place, ())]
    unasked = (*looked.failed.values(), *([MORE] if looked.more else []))
    return Answer(next(_overlaps(naming, others, rows), None), unasked)


def in_words(overlap: Overlap, user: User | AnonymousUser) -> Texts:
    """What is said of it; an environment's name only to those who may see it."""
    seen = Environment.objects.visible_to(user).filter(pk=overlap.other.environment_id).exists()
    name = overlap.other.environment.name if seen else ""
    return discovery_texts.held(overlap.thing, name, overlap.through)


MORE: Texts = {"en": "There are more things than were read.", "ko": "모두 읽지 못할 만큼 많아요."}


def _selection(identifier: str) -> Selection | None:
    try:
        return selection(identifier)
    except SelectionError:
        return None


def _names(kind: str, chosen: Selection) -> dict[str, str]:
    """What is named, each as it is compared -> as it is written."""
    parts = [part.strip() for part in chosen.name.split(",") if part.strip()]
    return {_compared(kind, part): part for part in parts}


def _compared(kind: str, name: str) -> str:
    if kind.startswith("rds_"):
        return name.lower()
    if kind == "app_runner" and name.startswith("arn:"):
        # arn:…:service/NAME/ID, and a name is one service's only.
        return name.partition(":service/")[2].partition("/")[0] or name
    return name


def _takes_in(wide: Selection, narrow: Selection) -> bool:
    """Whether all that `narrow` finds is found by `wide` too."""
    tags = dict(narrow.tags)
    return all(key in tags and value in {tags[key], "*"} for key, value in wide.tags)


def _same_cluster(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    clusters = {str(options.get("cluster") or "").strip() for options in (one, other)} - {""}
    return len(clusters) < 2


def _kinds_to_ask(naming: Naming, others: Sequence[Target]) -> set[str]:
    kinds = {other.kind for other in others} & aws.FINDERS.keys()
    if naming.kind not in aws.FINDERS:
        return set()
    if naming.kind == STACK:
        return kinds | {STACK} if kinds else set()
    asked = {naming.kind, STACK} if STACK in kinds else set()
    filters = [naming.identifier, *(other.identifier for other in others if other.kind == naming.kind)]
    if naming.kind in kinds and any((chosen := _selection(one)) and chosen.tags for one in filters):
        asked.add(naming.kind)
    return asked


def _overlaps(naming: Naming, others: Sequence[Target], rows: Sequence[Row]) -> Iterator[Overlap]:
    whole = roots(rows)
    for row in rows:
        found, stack = row.found, stack_of(row, whole)
        if found.why_not and found.kind != STACK:
            continue  # whoever names it, it is left alone
        named = _is_named(found, naming.kind, naming.identifier, naming.options)
        if not (named or (naming.kind == STACK and stack == naming.identifier)):
            continue
        for other in others:
            if _is_named(found, other.kind, other.identifier, other.options):
                yield Overlap(found.identifier, other, "" if named else naming.identifier)
            elif other.kind == STACK and stack == other.identifier:
                yield Overlap(found.identifier, other, stack)


def _is_named(found: Found, kind: str, identifier: str, options: Mapping[str, Any]) -> bool:
    return found.kind == kind and found.is_named_by(identifier, options)
