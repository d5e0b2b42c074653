"""What App Runner holds: services, and the operations that were done on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IN_PROGRESS = "OPERATION_IN_PROGRESS"
RUNNING, PAUSED, DELETED = "RUNNING", "PAUSED", "DELETED"
CREATE_FAILED, DELETE_FAILED = "CREATE_FAILED", "DELETE_FAILED"
# What AWS fills in where the request says nothing.
INSTANCE: dict[str, Any] = {"Cpu": "1024", "Memory": "2048"}
HEALTH_CHECK: dict[str, Any] = {
    "Protocol": "TCP",
    "Path": "/",
    "Interval": 5,
    "Timeout": 2,
    "HealthyThreshold": 1,
    "UnhealthyThreshold": 5,
}
NETWORK: dict[str, Any] = {
    "EgressConfiguration": {"EgressType": "DEFAULT"},
    "IngressConfiguration": {"IsPubliclyAccessible": True},
    "IpAddressType": "IPV4",
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "InstanceConfiguration": INSTANCE,
    "HealthCheckConfiguration": HEALTH_CHECK,
    "NetworkConfiguration": NETWORK,
    "ObservabilityConfiguration": {"ObservabilityEnabled": False},
}


@dataclass
class Operation:
    id: str
    type: str
    target: str
    started: datetime
    status: str = "IN_PROGRESS"
    ended: datetime | None = None

    def summary(self) -> dict[str, Any]:
        told = {"Id": self.id, "Type": self.type, "Status": self.status, "TargetArn": self.target}
        times = {"StartedAt": self.started, "UpdatedAt": self.ended or self.started, "EndedAt": self.ended}
        return {**told, **{name: moment for name, moment in times.items() if moment}}


@dataclass
class Service:
    """A service as it is. `settings` are the parts of CreateService that UpdateService can change."""

    name: str
    id: str
    account: str
    region: str
    url: str
    created: datetime
    settings: dict[str, Any]
    tags: dict[str, str]
    encryption: dict[str, Any] | None = None
    status: str = IN_PROGRESS
    updated: datetime = field(init=False)
    deleted: datetime | None = None
    operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.updated = self.created

    @property
    def arn(self) -> str:
        return f"arn:aws:apprunner:{self.region}:{self.account}:service/{self.name}/{self.id}"

    def change(self, wanted: dict[str, Any]) -> None:
        """Take over what a request says of the parts that can be changed; within a part, what it does not say stays."""
        for name in ("SourceConfiguration", "AutoScalingConfigurationArn"):
            if name in wanted:
                self.settings[name] = wanted[name]
        for name, defaults in CONFIGURATIONS.items():
            self.settings[name] = {**defaults, **self.settings.get(name, {}), **wanted.get(name, {})}

    def summary(self) -> dict[str, Any]:
        return {
            "ServiceName": self.name,
            "ServiceId": self.id,
            "ServiceArn": self.arn,
            "ServiceUrl": self.url,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Status": self.status,
        }

    def description(self) -> dict[str, Any]:
        settings = {name: part for name, part in self.settings.items() if name != "AutoScalingConfigurationArn"}
        settings["AutoScalingConfigurationSummary"] = self._scaling()
        if self.encryption:
            settings["EncryptionConfiguration"] = self.encryption
        if self.deleted:
            settings["DeletedAt"] = self.deleted
        return {**self.summary(), **settings}

    def _scaling(self) -> dict[str, Any]:
        default = (
            f"arn:aws:apprunner:{self.region}:{self.account}:"
            "autoscalingconfiguration/DefaultConfiguration/1/00000000000000000000000000000001"
        )
        arn = self.settings.get("AutoScalingConfigurationArn", default)
        # autoscalingconfiguration/name[/revision[/id]]
        parts = arn.split("/")
        revision = int(parts[2]) if len(parts) > 2 else 1
        return {
            "AutoScalingConfigurationArn": arn,
            "AutoScalingConfigurationName": parts[1],
            "AutoScalingConfigurationRevision": revision,
        }
