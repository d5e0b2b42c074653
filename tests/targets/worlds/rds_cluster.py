from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rds import Databases, labels


class Clusters(Databases):
    kind = "rds_cluster"

    def make(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        *,
        engine: str = "aurora-mysql",
        members: int = 2,
        **more: Any,
    ) -> None:
        login = {} if engine == "neptune" else {"MasterUsername": "chat", "MasterUserPassword": "password"}
        self.rds.create_db_cluster(DBClusterIdentifier=name, Engine=engine, Tags=labels(tags), **login, **more)
        self.rds.describe_db_clusters()
        for number in range(members):
            self.rds.create_db_instance(
                DBInstanceIdentifier=f"{name}-{number}",
                DBInstanceClass="db.r5.large",
                Engine=engine,
                DBClusterIdentifier=name,
                Tags=labels(tags),
            )
        self.aws.advance(60)

    def statuses(self) -> dict[str, str]:
        """Of clusters and of their instances; an instance's name is its cluster's with a number."""
        clusters = self.rds.describe_db_clusters()["DBClusters"]
        instances = self.rds.describe_db_instances()["DBInstances"]
        return {one["DBClusterIdentifier"]: one["Status"] for one in clusters} | {
            one["DBInstanceIdentifier"]: one["DBInstanceStatus"] for one in instances
        }

    def is_running(self, name: str) -> bool:
        return self.all_of(name) == {"available"}

    def is_stopped(self, name: str) -> bool:
        return self.all_of(name) == {"stopped"}

    def all_of(self, name: str) -> set[str]:
        return {status for one, status in self.statuses().items() if one == name or one.startswith(f"{name}-")}
