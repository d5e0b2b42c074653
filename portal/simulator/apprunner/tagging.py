"""App Runner's services in the answers of the tagging API."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from portal.simulator.apprunner.services import DELETED, Service
from portal.simulator.calls import Answer, Call

TYPES = {"apprunner", "apprunner:service"}


def with_services(call: Call, answer: Answer, services: Iterable[Service]) -> Answer:
    """The answer to GetResources, with the services that were asked for on its last page."""
    if answer.status != 200:
        return answer
    content: dict[str, Any] = json.loads(answer.body)
    types = set(call.parameters.get("ResourceTypeFilters") or TYPES)
    if content.get("PaginationToken") or not types & TYPES:
        return answer
    filters = call.parameters.get("TagFilters") or []
    for service in services:
        if service.status != DELETED and service.tags and all(_has(service.tags, wanted) for wanted in filters):
            tags = [{"Key": key, "Value": value} for key, value in service.tags.items()]
            content["ResourceTagMappingList"].append({"ResourceARN": service.arn, "Tags": tags})
    return dataclasses.replace(answer, body=json.dumps(content).encode())


def _has(tags: dict[str, str], wanted: dict[str, Any]) -> bool:
    return wanted["Key"] in tags and (not wanted.get("Values") or tags[wanted["Key"]] in wanted["Values"])
