from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from environments.targets.base import TargetRef
from tests.targets.driving import ACCOUNT

SOURCE = {"ImageRepository": {"ImageIdentifier": "public.ecr.aws/x/y:1", "ImageRepositoryType": "ECR_PUBLIC"}}
CHANGING = {"CreateService", "PauseService", "ResumeService", "UpdateService", "DeleteService"}


class Services:
    """Services that run; `one` is called `the-one`, as names have four letters at least."""

    by_tag = True

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.runner = aws.client("apprunner")
        self.arns: dict[str, str] = {}

    def running(self, name: str) -> TargetRef:
        self.make(name)
        self.aws.advance(60)
        return self.reference(f"the-{name}")

    def tagged(self, tags: dict[str, str], names: Sequence[str]) -> TargetRef:
        for name in names:
            self.make(name, tags)
        self.make("other", {"env": "dev"})
        self.aws.advance(60)
        return self.reference("tag:" + ",".join(f"{key}={value}" for key, value in tags.items()))

    def missing(self) -> TargetRef:
        return self.reference("missing")

    def is_running(self, name: str) -> bool:
        return self.status(name) == "RUNNING"

    def is_stopped(self, name: str) -> bool:
        return self.status(name) == "PAUSED"

    def wrong(self) -> TargetRef:
        return self.reference("no such name")

    def inventory(self) -> dict[str, Any]:
        listed = self.runner.list_services()["ServiceSummaryList"]
        return {one["ServiceName"]: one["Status"] for one in listed}

    def changes(self) -> list[str]:
        return [one["action"] for one in self.aws.requests(service="apprunner") if one["action"] in CHANGING]

    # -- for this kind's own tests ---------------------------------------------------------------------------------

    def make(self, name: str, tags: dict[str, str] | None = None, source: dict[str, Any] | None = None) -> None:
        listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        made = self.runner.create_service(ServiceName=f"the-{name}", SourceConfiguration=source or SOURCE, Tags=listed)
        self.arns[name] = made["Service"]["ServiceArn"]

    def reference(self, identifier: str) -> TargetRef:
        return TargetRef("app_runner", identifier, ACCOUNT, "ap-northeast-2", {})

    def status(self, name: str) -> str:
        return str(self.runner.describe_service(ServiceArn=self.arns[name])["Service"]["Status"])
