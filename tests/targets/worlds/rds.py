"""Databases in the simulated AWS: what instances and clusters have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from environments.targets.base import TargetRef
from tests.targets.driving import ACCOUNT

REGION = "ap-northeast-2"
LOOKING = ("Describe", "List", "Get")


def labels(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


class Databases:
    """A world of one kind; `kind`, `make` and `statuses` are its own."""

    kind: str
    by_tag = True

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.rds = aws.client("rds")

    def make(self, name: str, tags: Mapping[str, str] | None = None, **more: Any) -> None:
        raise NotImplementedError

    def statuses(self) -> dict[str, str]:
        raise NotImplementedError

    def running(self, name: str) -> TargetRef:
        self.make(name)
        return self.reference(name)

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        for name in names:
            self.make(name, tags)
        self.make("other", {"env": "test"})
        return self.reference("tag:" + ",".join(f"{key}={value}" for key, value in tags.items()))

    def missing(self) -> TargetRef:
        return self.reference("missing")

    def is_running(self, name: str) -> bool:
        return self.statuses()[name] == "available"

    def is_stopped(self, name: str) -> bool:
        return self.statuses()[name] == "stopped"

    def wrong(self) -> TargetRef:
        return self.reference("no--name!", keep_snapshots=0)

    def inventory(self) -> dict[str, Any]:
        return dict(self.statuses())

    def changes(self) -> list[str]:
        return [one["action"] for one in self.aws.requests(service="rds") if not one["action"].startswith(LOOKING)]

    def reference(self, identifier: str, **options: Any) -> TargetRef:
        return TargetRef(self.kind, identifier, ACCOUNT, REGION, options)
