from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rds import Databases, labels


class Instances(Databases):
    kind = "rds_instance"

    def make(self, name: str, tags: Mapping[str, str] | None = None, **more: Any) -> None:
        wanted = {"DBInstanceClass": "db.t3.micro", "Engine": "mysql", "Tags": labels(tags), **more}
        self.rds.create_db_instance(DBInstanceIdentifier=name, **wanted)
        self.aws.advance(60)

    def statuses(self) -> dict[str, str]:
        found = self.rds.describe_db_instances()["DBInstances"]
        return {one["DBInstanceIdentifier"]: one["DBInstanceStatus"] for one in found}
