"""What App Runner has of the services that targets name: one look, and what it shows of each target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .base import Seen, TargetRef
from .selection import Selection, selection

RUNNING, PAUSED, MOVING = "RUNNING", "PAUSED", "OPERATION_IN_PROGRESS"
# What has never run does not run, and costs nothing: https://docs.aws.amazon.com/apprunner/latest/api/API_Service.html
CREATE_FAILED, DELETE_FAILED, DELETED = "CREATE_FAILED", "DELETE_FAILED", "DELETED"
DOWN = frozenset({PAUSED, CREATE_FAILED})
BROKEN = frozenset({CREATE_FAILED, DELETE_FAILED})
# https://docs.aws.amazon.com/apprunner/latest/api/API_CreateService.html
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,39}")
ARN = re.compile(r"arn:aws(?:-\w+)*:apprunner:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):service/[\w-]+/[0-9a-f]{32}")
PAGE = 100


@dataclass(frozen=True, slots=True)
class Service:
    """One service that was not deleted."""

    name: str
    arn: str
    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a target names: its services, and names or ARNs that AWS does not have."""

    members: tuple[Service, ...]
    missing: tuple[str, ...]

    def names(self, *statuses: str) -> list[str]:
        return [one.name for one in self.members if one.status in statuses]


def names_of(chosen: Selection) -> list[str]:
    """The names and ARNs of a target that names its services, in the order in which they were entered."""
    return list(dict.fromkeys(part.strip() for part in chosen.name.split(",") if part.strip()))


def services(runner: Any, tagging: Any, chosen: Sequence[Selection]) -> list[Service]:
    """All services of the region, with their tags where a filter asks for them.

    Calls: one a page of services; for filters one for a hundred tagged services besides. App Runner itself tells tags
    one service a call only; the tagging API tells them all, some seconds after they change.
    """
    by_tag = [one for one in chosen if one.tags]
    tags = dict(_tags(tagging, by_tag)) if by_tag else {}
    told = (one for one in _listed(runner) if one["Status"] != DELETED)
    return [
        Service(one["ServiceName"], one["ServiceArn"], one["Status"], tags.get(one["ServiceArn"], {})) for one in told
    ]


def find(chosen: Selection, seen: Iterable[Service]) -> Found:
    """What one target names of what was seen."""
    if chosen.tags:
        return Found(tuple(sorted((one for one in seen if chosen.matches(one.tags)), key=lambda one: one.name)), ())
    known = {key: one for one in seen for key in (one.name, one.arn)}
    wanted = names_of(chosen)
    # A service that is entered by its name and by its ARN is one all the same.
    members = {known[part].arn: known[part] for part in wanted if part in known}
    return Found(tuple(members.values()), tuple(part for part in wanted if part not in known))


def to_start(ref: TargetRef, members: Sequence[Service]) -> tuple[Service, ...]:
    """The services that a start is about: of a filter those that ran before the last stop, otherwise all.

    A filter whose remembered services are all gone has new ones: all are meant.
    """
    if selection(ref.identifier).name:
        return tuple(members)
    ran = set(ref.memory.get("ran", ()))
    return tuple(one for one in members if one.arn in ran) or tuple(members)


def seen_as(ref: TargetRef, found: Found) -> Seen:
    """Running: all that a start is about run. Stopped: all are. A target of which AWS lacks something is unclear."""
    if found.missing or not found.members:
        return Seen.PARTLY
    if all(one.status in DOWN for one in found.members):
        return Seen.STOPPED
    return Seen.RUNNING if all(one.status == RUNNING for one in to_start(ref, found.members)) else Seen.PARTLY


def _listed(runner: Any) -> Iterator[Mapping[str, Any]]:
    answer = runner.list_services()
    yield from answer["ServiceSummaryList"]
    while answer.get("NextToken"):
        answer = runner.list_services(NextToken=answer["NextToken"])
        yield from answer["ServiceSummaryList"]


def _tags(tagging: Any, chosen: Sequence[Selection]) -> Iterator[tuple[str, dict[str, str]]]:
    # Of several filters all that is tagged is read, and matched in memory.
    filters: list[dict[str, Any]] = []
    if len(chosen) == 1:
        filters = [{"Key": key} | ({} if value == "*" else {"Values": [value]}) for key, value in chosen[0].tags]
    pages = tagging.get_paginator("get_resources").paginate(
        ResourceTypeFilters=["apprunner:service"], TagFilters=filters, PaginationConfig={"PageSize": PAGE}
    )
    for page in pages:
        for one in page["ResourceTagMappingList"]:
            yield one["ResourceARN"], {tag["Key"]: tag["Value"] for tag in one["Tags"]}
