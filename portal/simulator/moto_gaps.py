"""What moto's models refuse although AWS has it."""

from collections.abc import Callable
from typing import Any

from moto.rds.models import DBCluster, DBInstance
from moto.rds.utils import ClusterEngine, DbInstanceEngine

DOCDB_VERSION, DOCDB_PORT = "5.0.0", 27017


def fill() -> None:
    """Let RDS know the engine `docdb`. Side effect: moto's classes are changed, for the whole process."""
    _extend(ClusterEngine, "list_cluster_engines", lambda known: sorted({*known(), "docdb"}))
    _extend(DbInstanceEngine, "valid_db_instance_engine", lambda known: sorted({*known(), "docdb"}))
    for model in (DBCluster, DBInstance):
        _by_engine(model, "default_port", DOCDB_PORT)
        _by_engine(model, "default_allocated_storage", 1)
    _by_engine(DBCluster, "default_engine_version", DOCDB_VERSION)


def _extend(owner: type, name: str, extended: Callable[[Callable[[], list[str]]], list[str]]) -> None:
    known = getattr(owner, name)
    setattr(owner, name, classmethod(lambda _: extended(known)))


def _by_engine(owner: type, name: str, value: Any) -> None:
    known = getattr(owner, name)

    def default(engine: str, **more: Any) -> Any:
        return value if engine == "docdb" else known(engine, **more)

    setattr(owner, name, staticmethod(default))
