"""Which alarms the alarm checks want, from what is known without asking AWS; and who owns an alarm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from environments.models import Account, Target
from environments.models.alarm import Alarm, AlarmCheck
from environments.rules.alarm_matching import Claim, Thing, Watch, owner
from environments.targets.selection import SelectionError, selection


def claims() -> list[Claim]:
    """What each alarm check wants. Queries: two."""
    checks = cast("list[AlarmCheck]", list(AlarmCheck.objects.order_by("pk")))
    by_targets = {check.environment_id for check in checks if check.own_targets}
    things: defaultdict[int, list[Thing]] = defaultdict(list)
    if by_targets:
        for target in Target.objects.filter(environment__in=by_targets).select_related("account").order_by("pk"):
            things[target.environment_id].append(_thing(target))
    return [_claim(check, things[check.environment_id] if check.own_targets else ()) for check in checks]


def assign(alarms: Sequence[Alarm]) -> set[int]:
    """Writes whose each alarm is by now; the checks that gained or lost one."""
    wanted = claims()
    moved, concerned = [], set()
    for alarm in alarms:
        owned_by = owner(_watch(alarm), wanted)
        if owned_by != alarm.check_row_id:
            concerned |= {pk for pk in (alarm.check_row_id, owned_by) if pk is not None}
            alarm.check_row_id = owned_by
            moved.append(alarm)
    if moved:
        Alarm.objects.bulk_update(moved, ["check_row"], batch_size=500)
    return concerned


def awaiting_tags(nobodys: Sequence[Alarm]) -> set[int]:
    """Of alarms that are no check's, the ids of those whose tags have not been asked for yet, and will be because a
    check goes by a tag. Two queries at most."""
    unasked = [alarm for alarm in nobodys if not alarm.tags]
    if not unasked or not AlarmCheck.objects.switched_on().exclude(tag_key="").exists():
        return set()
    known = set(Account.objects.values_list("account_id", flat=True))
    return {alarm.pk for alarm in unasked if alarm.account_id in known}


def _claim(check: AlarmCheck, things: Iterable[Thing]) -> Claim:
    return Claim(
        check_id=check.pk,
        things=tuple(things),
        patterns=tuple(part.strip() for part in check.pattern.split(",") if part.strip()),
        dimension=(check.dimension_name, check.dimension_value) if check.dimension_name else None,
        tag=(check.tag_key, check.tag_value) if check.tag_key else None,
    )


def _thing(target: Target) -> Thing:
    """By its names; of a tag filter by what the portal has noted of what it found: machines it stopped, databases."""
    try:
        named = selection(target.identifier).name
    except SelectionError:
        named = ""
    names = {part.strip() for part in named.split(",")} if named else set(_strings(target.memory))
    return Thing(target.kind, target.account.account_id, target.region, frozenset(names - {""}))


def _strings(noted: Any) -> Iterator[str]:
    if isinstance(noted, str):
        yield noted
    elif isinstance(noted, dict):
        for name, value in noted.items():
            yield name
            yield from _strings(value)
    elif isinstance(noted, list):
        for value in noted:
            yield from _strings(value)


def _watch(alarm: Alarm) -> Watch:
    return Watch(
        name=alarm.name,
        account_id=alarm.account_id,
        region=alarm.region,
        namespace=alarm.namespace,
        dimensions=alarm.dimensions,
        tags=alarm.tags,
    )
