"""The list of what an environment is made of, and what is told of each target; from what was looked up before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.models import Environment, Target
from environments.models.texts import in_language
from environments.services import aws_restarts
from environments.services.maintenance_windows import FACTS
from environments.targets import registry
from environments.targets.ec2_events import MET_RUNNING
from environments.targets.rds_facts import window

from .displays import also, at_words
from .own_clock import also_span

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A target in words."""

    pk: int
    identifier: str
    kind: str
    account: str
    region: str
    order: int
    facts: tuple[str, ...]


def section(environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_targets.html`; one query. It needs somebody where there is none yet, and where AWS
    has announced something."""
    rows = list(environment.targets.select_related("account"))
    targets = [
        Line(
            pk=target.pk,
            identifier=target.identifier,
            kind=in_language(registry.driver(target.kind).label),
            account=target.account.name,
            region=target.region,
            order=target.order,
            facts=tuple(lines(target, environment.zone_name, now)),
        )
        for target in rows
    ]
    return {
        "targets": targets,
        "targets_say_times": any(line.facts for line in targets),
        "targets_need_somebody": not rows or any(_is_announced(target, now) for target in rows),
    }


def _is_announced(target: Target, now: datetime) -> bool:
    facts = target.memory.get(FACTS, {})
    pending = any(one["pending"] for one in facts.get("databases", []))
    return pending or any(_last_moment(one) > now for one in facts.get("events", []))


def lines(target: Target, zone: str, now: datetime) -> list[str]:
    """“chat: maintenance Wed 15:38–16:08, each week”, “system-update is announced …”, “AWS will restart i-… between
    …”, “AWS started it …”."""
    facts = target.memory.get(FACTS, {})
    databases = facts.get("databases", [])
    found = [line for one in databases[:SHOWN] for line in _of_database(one, zone, now)]
    if len(databases) > SHOWN:
        found.append(_("and %(count)s more databases") % {"count": len(databases) - SHOWN})
    events = [one for one in facts.get("events", []) if _last_moment(one) > now]
    found += [_mine(_of_instance(one, zone, now), _event_also(one, zone, now)) for one in events[:SHOWN]]
    if len(events) > SHOWN:
        found.append(_("and %(count)s more events that AWS has scheduled") % {"count": len(events) - SHOWN})
    return [*found, *_by_aws(target, zone, now)]


def _of_database(one: Mapping[str, Any], zone: str, now: datetime) -> Iterator[str]:
    weekly = window(one["window"])
    if weekly:
        begins, ends = weekly.following(now)
        each_week = _("%(name)s: maintenance window %(begins)s to %(ends)s, each week") % {
            "name": one["id"],
            "begins": at_words(begins, zone, now),
            "ends": _end(begins, ends, zone, now),
        }
        yield _mine(each_week, also_span(begins, ends, zone, now))
    for action in one["pending"]:
        said = {"name": one["id"], "action": action["action"]}
        if action["forced"]:
            at = datetime.fromisoformat(action["forced"])
            told = _("%(name)s: %(action)s is announced by AWS, for %(time)s at the latest")
            yield _mine(told % {**said, "time": at_words(at, zone, now)}, also(at, zone, now))
        else:
            yield _("%(name)s: %(action)s is announced by AWS") % said


def _last_moment(one: Mapping[str, Any]) -> datetime:
    """When an event of an instance is over, as far as AWS says."""
    return datetime.fromisoformat(one["ends"] or one["begins"])


def _of_instance(one: Mapping[str, Any], zone: str, now: datetime) -> str:
    """“AWS will restart i-… between Sun 10:00 and 12:00”."""
    begins = datetime.fromisoformat(one["begins"])
    said = {"name": one["id"], "begins": at_words(begins, zone, now)}
    if one["code"] not in MET_RUNNING:
        return _("AWS will take %(name)s off its host from %(begins)s on; a stop and a start move it to another") % said
    works = one["code"] == "system-maintenance"
    if not one["ends"]:
        if works:
            return _("AWS will work on the host of %(name)s from %(begins)s on") % said
        return _("AWS will restart %(name)s from %(begins)s on") % said
    said["ends"] = _end(begins, datetime.fromisoformat(one["ends"]), zone, now)
    if works:
        return _("AWS will work on the host of %(name)s between %(begins)s and %(ends)s") % said
    return _("AWS will restart %(name)s between %(begins)s and %(ends)s") % said


def _event_also(one: Mapping[str, Any], zone: str, now: datetime) -> str:
    begins = datetime.fromisoformat(one["begins"])
    ends = one["ends"] and one["code"] in MET_RUNNING and datetime.fromisoformat(one["ends"])
    return also_span(begins, ends, zone, now) if ends else also(begins, zone, now)


def _mine(line: str, mine: str) -> str:
    """The line, and its time by the reader's own clock where that is another one."""
    return f"{line} · {mine}" if mine else line


def _end(begins: datetime, ends: datetime, zone: str, now: datetime) -> str:
    """The end's time, with its day where that is another."""
    local = ends.astimezone(ZoneInfo(zone))
    same_day = local.date() == begins.astimezone(ZoneInfo(zone)).date()
    return f"{local:%H:%M}" if same_day else at_words(ends, zone, now)


def _by_aws(target: Target, zone: str, now: datetime) -> Iterator[str]:
    count, last = aws_restarts.times(target), aws_restarts.last(target)
    if count and last:
        said = ngettext(
            "AWS itself started it once so far, after seven days (%(time)s)",
            "AWS itself started it %(count)s times so far, after seven days (last %(time)s)",
            count,
        ) % {"count": count, "time": at_words(last, zone, now)}
        yield _mine(said, also(last, zone, now))
