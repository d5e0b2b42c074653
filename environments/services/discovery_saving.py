"""A proposal for what was picked: read anew from AWS, with a name, an order, the guard's findings; and saving it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from environments.models import Account, Environment, Schedule, Target, TargetParameter, Team
from environments.targets import registry
from environments.targets.base import TargetError, TargetRef, Texts
from environments.targets.discovery import STACK_TAG, Found
from environments.targets.discovery_stacks import Recipe, recipe
from environments.targets.selection import PREFIX, selection

from . import discovery, rate_following, recorded, schedules, status
from . import discovery_texts as texts
from .accounts import reference
from .discovery import Pick, RefusedError, Row

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 50
NAMES_ALONE = ("Name", "environment", "Environment", STACK_TAG)
NAMES_TOGETHER = ("environment", "Environment", STACK_TAG, "Name")
LONGEST = 80
# What others rely on comes first: data, then what is built by templates, then machines, then what runs on these.
RANKS = {
    "rds_cluster": 1,
    "rds_instance": 1,
    "cloudformation": 2,
    "auto_scaling_group": 3,
    "ec2": 3,
    "ecs_service": 4,
    "app_runner": 4,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One target of the proposal: what it means in AWS now, its start order, and how its stack is created again."""

    pick: Pick
    rows: tuple[Row, ...]
    order: int = 1
    recipe: Recipe | None = None
    remarks: tuple[Texts, ...] = ()

    @property
    def name(self) -> str:
        return self.pick.identifier if self.pick.identifier.startswith(PREFIX) else self.rows[0].found.name


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the environment could be. `schedule` is that of AWS Instance Scheduler's tag, where the portal has it."""

    name: str
    slug: str
    schedule: Schedule | None
    team: Team | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """What an operator entered for one part: its order, where its template lies (only for one that is too large), and
    SSM parameters (parameter -> name) for what AWS keeps hidden."""

    order: int
    template_url: str = ""
    ssm: Mapping[str, str] = field(default_factory=dict)


def propose(*, account: Account, picks: Sequence[Pick], user: User) -> Proposal:
    """Read again what was picked, and propose an environment of it. Changes nothing.

    RefusedError for what is not there, belongs to an environment, or cannot be a target; `TargetError` when AWS cannot
    be asked. Holds no transaction. Calls: one a page of each kind and region that was picked from, and for each stack
    those of `discovery_stacks.recipe`.
    """
    parts = _read(account, picks, user)
    rows = [row for part in parts for row in part.rows]
    name = _name([row.found for row in rows], [part.pick for part in parts])
    values = {row.found.tags.get(discovery.SCHEDULE_TAG, "") for row in rows}
    schedule = Schedule.objects.filter(name__in=values).first() if len(values) == 1 else None
    teams = list(user.teams.all()[:2]) or list(Team.objects.all()[:2])
    unique, slug = _unique(name)
    return Proposal(unique, slug, schedule, teams[0] if len(teams) == 1 else None, tuple(parts))


def save(
    *,
    account: Account,
    environment: Environment,
    parts: Sequence[tuple[Part, Entered]],
    user: User,
    now: datetime,
) -> Environment:
    """Write the environment with its targets and parameters, all or nothing; its plan is read at once.

    `parts` come from `propose`, asked just before: this asks AWS nothing. What runs is left as it is until the next
    boundary of the plan. ValidationError for what a form should have refused; RefusedError where somebody else was
    faster. Who added it is in its history.
    """
    discovery.require(user)
    try:
        with transaction.atomic():
            Account.objects.select_for_update().get(pk=account.pk)
            rows = [row for part, _ in parts for row in part.rows]
            _refuse_held(discovery.with_holders(account, [replace(row, holder=None) for row in rows], user))
            environment.full_clean()
            environment.save()
            for part, entered in parts:
                _write(account, environment, part, entered)
            LogEntry.objects.log_actions(
                user.pk, [environment], ADDITION, change_message=[{"added": {}}], single_object=False
            )
            rate_following.follow(targets=list(environment.targets.values_list("pk", flat=True)), now=now)
            status.look_again(environment)
            schedules.plan_changed([environment.pk], now=now)
    except IntegrityError as error:
        raise RefusedError(texts.RACE) from error
    return environment


def options_of(part: Part, entered: Entered) -> dict[str, Any]:
    """The options of the target that the part becomes."""
    options = dict(part.recipe.options) if part.recipe else {}
    if part.recipe and part.recipe.too_large:
        options["template_url"] = entered.template_url.strip()
    return options


def problems(account: Account, part: Part, entered: Entered) -> Mapping[str, Texts]:
    """What its kind has against what was entered: option -> why."""
    ref = TargetRef(
        part.pick.kind, part.pick.identifier, reference(account), part.pick.region, options_of(part, entered)
    )
    return registry.driver(part.pick.kind).problems(ref)


def _read(account: Account, picks: Sequence[Pick], user: User) -> list[Part]:
    picks = list(dict.fromkeys(picks))
    if not picks:
        raise RefusedError(texts.NOTHING_PICKED)
    if len(picks) > MOST:
        raise RefusedError(texts.too_many(MOST))
    regions = {pick.region for pick in picks}
    if regions - set(account.regions):
        raise RefusedError(texts.UNKNOWN_PICK)
    # Stacks are read besides: whose part something is, nested ones say.
    sight = discovery.look(
        account=account, regions=regions, user=user, kinds={p.kind for p in picks} | {"cloudformation"}
    )
    parts = []
    for pick in picks:
        for place, why in sight.looked.failed.items():
            if (place.kind, place.region) == (pick.kind, pick.region):
                raise TargetError(why)
        rows = discovery.matching(pick, sight.rows)
        is_filter = pick.identifier.startswith(PREFIX)
        rows = [row for row in rows if not is_filter or row.found.why_not is None]
        if not rows:
            raise RefusedError(texts.not_there(pick.identifier))
        parts.append(Part(pick, tuple(rows), remarks=(texts.by_filter(len(rows)),) if is_filter else ()))
    chosen = [row for part in parts for row in part.rows]
    _refuse_held(chosen)
    _refuse_overlap(chosen, sight.rows)
    return _ordered([_with_recipe(account, part) for part in parts])


def _refuse_held(rows: Sequence[Row]) -> None:
    for row in rows:
        if row.holder:
            raise RefusedError(texts.held(row.found.identifier, row.holder.name, row.holder.through))
        if row.found.why_not:
            raise RefusedError(texts.no_target(row.found.identifier, row.found.why_not))


def _refuse_overlap(chosen: Sequence[Row], seen: Sequence[Row]) -> None:
    """What is a part of a picked stack would be switched twice; so would what was picked by name and by its tags."""
    whole = discovery.roots(seen)
    stacks = {(row.region, row.found.identifier) for row in chosen if row.found.kind == "cloudformation"}
    times = Counter(row.pick for row in chosen)
    for row in chosen:
        root = discovery.stack_of(row, whole)
        if (row.region, root) in stacks:
            raise RefusedError(texts.twice(row.found.identifier, root))
        if times[row.pick] > 1:
            raise RefusedError(texts.picked_twice(row.found.identifier))


def _with_recipe(account: Account, part: Part) -> Part:
    if part.pick.kind != "cloudformation":
        return part
    read = recipe(reference(account), part.pick.region, part.pick.identifier)
    images = (texts.IMAGES,) if any("tag" in name.lower() for name in read.parameters) else ()
    return replace(part, recipe=read, remarks=(*part.remarks, *read.remarks(), *images))


def _ordered(parts: Sequence[Part]) -> list[Part]:
    """With start orders from 1 on, without gaps."""
    ranks = sorted({RANKS.get(part.pick.kind, 4) for part in parts})
    numbered = (replace(part, order=ranks.index(RANKS.get(part.pick.kind, 4)) + 1) for part in parts)
    return sorted(numbered, key=lambda part: part.order)


def _name(found: Sequence[Found], picks: Sequence[Pick]) -> str:
    """What the tags say: of one thing its name, of several what most of them have in common."""
    filters = [selection(pick.identifier) for pick in picks if pick.identifier.startswith(PREFIX)]
    if filters:
        return filters[0].tags[0][1]
    for key in NAMES_ALONE if len(found) == 1 else NAMES_TOGETHER:
        values = Counter(one.tags.get(key, "").strip() for one in found)
        said, times = values.most_common(1)[0]
        if said and times * 2 > len(found):
            return said
    return found[0].name


def _unique(wanted: str) -> tuple[str, str]:
    """A name and a short name that no environment has."""
    name = wanted[: LONGEST - 4].strip() or "env"
    slug = slugify(name) or "env"
    names = {one.lower() for one in Environment.objects.values_list("name", flat=True)}
    slugs = set(Environment.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    number, made = 1, (name, slug)
    while made[0].lower() in names or made[1] in slugs:
        number += 1
        made = (f"{name}-{number}", f"{slug}-{number}")
    return made


def _write(account: Account, environment: Environment, part: Part, entered: Entered) -> None:
    found = problems(account, part, entered)
    if found:
        raise ValidationError([text["en"] for text in found.values()])
    target = Target(
        environment=environment,
        kind=part.pick.kind,
        identifier=part.pick.identifier,
        account=account,
        region=part.pick.region,
        order=entered.order,
        options=options_of(part, entered),
    )
    target.full_clean()
    target.save()
    if part.recipe is None:
        return
    fixed = [(name, TargetParameter.Source.FIXED, value) for name, value in part.recipe.parameters.items()]
    named = [(name, entered.ssm.get(name, "").strip()) for name in part.recipe.hidden]
    ssm = [(name, TargetParameter.Source.SSM, value) for name, value in named if value]
    parameters = [TargetParameter(target=target, name=n, source=s, value=v) for n, s, v in [*fixed, *ssm]]
    for parameter in parameters:
        parameter.full_clean(exclude=["target"])
    recorded.create(TargetParameter, parameters)
