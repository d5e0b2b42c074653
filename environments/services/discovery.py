"""What of an account no environment has yet, and one environment made of what an operator picks of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from environments.models import Account, Environment, Schedule, Target
from environments.targets import discovery as aws
from environments.targets import registry
from environments.targets.base import Texts
from environments.targets.discovery import STACK_TAG, Found, Looked, Place
from environments.targets.selection import PREFIX, SelectionError, selection

from . import discovery_texts as texts
from .accounts import reference

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

NEEDED = ("environments.add_environment", "environments.add_target", "environments.view_account")
# The kinds that AWS Instance Scheduler switches, and the tag that it does it by unless told otherwise.
SCHEDULED_KINDS = ("ec2", "rds_instance", "rds_cluster", "auto_scaling_group")
SCHEDULE_TAG = "Schedule"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html: stack, resource and
# a random id, as in mystack-mybucket-kdwwxmddtr2g.
GENERATED = re.compile(r"(.+)-[A-Za-z0-9]+-[A-Za-z0-9]{12,13}")


class RefusedError(Exception):
    """What was picked cannot be made an environment of; `texts` says which and why."""

    def __init__(self, texts: Texts) -> None:
        super().__init__(texts["en"])
        self.texts = texts


@dataclass(frozen=True, slots=True)
class Pick:
    """What was picked of an account: the identifier of one thing, or a tag filter."""

    kind: str
    region: str
    identifier: str

    @property
    def key(self) -> str:
        """As forms send it."""
        return f"{self.kind}|{self.region}|{self.identifier}"

    @staticmethod
    def of(key: str) -> Pick:
        """Read a key that a form sent. RefusedError for what is none."""
        parts = key.split("|", 2)
        if len(parts) != 3 or parts[0] not in aws.FINDERS or not parts[2]:
            raise RefusedError(texts.UNKNOWN_PICK)
        return Pick(*parts)


@dataclass(frozen=True, slots=True)
class Holder:
    """The environment that a thing belongs to already. `name` and `slug` are empty where the reader may not see it;
    `through`: the stack that it is a part of, when that is what the environment has."""

    name: str
    slug: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of AWS. What has a `holder` or a reason why not cannot be picked."""

    found: Found
    region: str
    holder: Holder | None = None

    @property
    def pick(self) -> Pick:
        return Pick(self.found.kind, self.region, self.found.identifier)

    @property
    def is_free(self) -> bool:
        return self.holder is None and self.found.why_not is None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at an account shows: all that it has, sorted by kind, region and name."""

    rows: tuple[Row, ...]
    looked: Looked


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Things that carry one value of AWS Instance Scheduler's tag.

    `schedule` is the portal's of that name; without one it has to be imported first. `picks` are tag filters, one for
    each kind and region; `held` of those things belong to environments already, which a filter would switch too.
    """

    value: str
    schedule: Schedule | None
    rows: tuple[Row, ...]
    picks: tuple[Pick, ...]
    held: tuple[Row, ...]
    problem: Texts | None = None
    kinds: Mapping[str, int] = field(default_factory=dict)


def require(user: Person) -> None:
    """PermissionDenied, in words, for those who do not describe environments."""
    if not user.has_perms(NEEDED):
        raise PermissionDenied(_("Only an operator may add environments from what AWS has."))


def look(
    *,
    account: Account,
    regions: Collection[str],
    user: Person,
    kinds: Collection[str] = tuple(aws.FINDERS),
    patience_s: float = aws.PATIENCE_S,
    most: int = aws.MOST,
) -> Sight:
    """Ask AWS what the account has in these of its regions, and whose it is. Nothing is changed anywhere.

    Only for those who may add environments. Takes `patience_s` at the most and holds no transaction meanwhile. Calls:
    one a page of each kind and region. Queries: two.
    """
    require(user)
    order = [kind for kind in registry.KINDS if kind in kinds and kind in aws.FINDERS]
    places = [Place(kind, region) for kind in order for region in account.regions if region in regions]
    looked = aws.find(reference(account), places, patience_s=patience_s, most=most)
    rows = [Row(found, place.region) for place in places for found in looked.found.get(place, ())]
    return Sight(tuple(with_holders(account, rows, user)), looked)


def with_holders(account: Account, rows: Iterable[Row], user: Person) -> list[Row]:
    """The rows, each with the environment that has it by now: by name, by a tag filter, or with its whole stack."""
    targets = list(Target.objects.filter(account=account).select_related("environment"))
    seen = set(Environment.objects.visible_to(user).values_list("pk", flat=True)) if targets else set()
    by_place: dict[Place, list[Target]] = {}
    for target in targets:
        by_place.setdefault(Place(target.kind, target.region), []).append(target)

    def holder(target: Target, through: str = "") -> Holder:
        told = target.environment if target.environment_id in seen else None
        return Holder(told.name if told else "", told.slug if told else "", through)

    stacks = {(t.region, t.identifier): t for t in targets if t.kind == "cloudformation"}
    rows = list(rows)
    whole = roots(rows)
    judged = []
    for row in rows:
        of_place = by_place.get(Place(row.found.kind, row.region), ())
        own = next((t for t in of_place if row.found.is_named_by(t.identifier, t.options)), None)
        stack = stacks.get((row.region, stack_of(row, whole)))
        if own:
            row = Row(row.found, row.region, holder(own))
        elif stack:
            row = Row(row.found, row.region, holder(stack, stack.identifier))
        judged.append(row)
    return judged


def roots(rows: Iterable[Row]) -> dict[tuple[str, str], str]:
    """The outermost stack of each stack that was seen, by region and name; its own name where it is none's part."""
    found = ((row.region, row.found) for row in rows if row.found.kind == "cloudformation")
    return {(region, one.identifier): one.root or one.identifier for region, one in found}


def stack_of(row: Row, whole: Mapping[tuple[str, str], str]) -> str:
    """The outermost stack that a thing is a part of; empty for what is none's. A stack of its own is no part.

    AWS tags what a stack makes, but not all of it: what has no tag is told by the name that CloudFormation gave it.
    """
    found = row.found
    if found.kind == "cloudformation":
        return found.root
    tagged = found.tags.get(STACK_TAG, "")
    if not tagged and (made := GENERATED.fullmatch(found.identifier.rpartition("/")[2])):
        # RDS keeps names in small letters.
        names = {name.lower(): name for region, name in whole if region == row.region}
        tagged = names.get(made[1].lower(), "")
    return whole.get((row.region, tagged), tagged)


def scheduled(sight: Sight, *, tag: str = SCHEDULE_TAG) -> list[Scheduled]:
    """What carries the tag of AWS Instance Scheduler, by its value; what is named first has most of it."""
    by_value: dict[str, list[Row]] = {}
    for row in sight.rows:
        value = row.found.tags.get(tag, "").strip()
        if value and row.found.kind in SCHEDULED_KINDS and row.found.why_not is None:
            by_value.setdefault(value, []).append(row)
    known = {schedule.name: schedule for schedule in Schedule.objects.filter(name__in=by_value)}
    groups = [_scheduled(tag, value, rows, known.get(value)) for value, rows in by_value.items()]
    return sorted(groups, key=lambda one: (-len(one.rows), one.value))


def matching(pick: Pick, rows: Sequence[Row]) -> list[Row]:
    """What a pick means of what AWS has now."""
    of_place = [row for row in rows if (row.found.kind, row.region) == (pick.kind, pick.region)]
    if not pick.identifier.startswith(PREFIX):
        return [row for row in of_place if row.found.identifier == pick.identifier]
    try:
        chosen = selection(pick.identifier)
    except SelectionError as error:
        raise RefusedError(error.texts) from error
    return [row for row in of_place if chosen.matches(row.found.tags)]


def _scheduled(tag: str, value: str, rows: Sequence[Row], schedule: Schedule | None) -> Scheduled:
    identifier = f"{PREFIX}{tag}={value}"
    problem: Texts | None = None
    try:
        if selection(identifier).tags != ((tag, value),) or value == "*":
            problem = texts.no_filter(value)
    except SelectionError:
        problem = texts.no_filter(value)
    held = tuple(row for row in rows if row.holder)
    if problem is None and held:
        problem = texts.some_are_held(len(held))
    places = dict.fromkeys((row.found.kind, row.region) for row in rows)
    counted = {kind: sum(row.found.kind == kind for row in rows) for kind, _region in places}
    picks = tuple(Pick(kind, region, identifier) for kind, region in places)
    return Scheduled(value, schedule, tuple(rows), picks, held, problem, counted)
