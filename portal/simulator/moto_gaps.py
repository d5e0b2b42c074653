"""What moto's models refuse although AWS has it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

DOCDB_VERSION, DOCDB_PORT = "5.0.0", 27017
_filled: set[str] = set()


def fill(module: ModuleType) -> None:
    """Make good what this module of moto lacks, once. Side effect: its classes are changed."""
    if module.__name__ in GAPS and module.__name__ not in _filled:
        _filled.add(module.__name__)
        GAPS[module.__name__](module)


def _docdb(rds: ModuleType) -> None:
    """RDS knows the engine `docdb`."""
    _extend(rds.ClusterEngine, "list_cluster_engines")
    _extend(rds.DbInstanceEngine, "valid_db_instance_engine")
    for model in (rds.DBCluster, rds.DBInstance):
        _by_engine(model, "default_port", DOCDB_PORT)
        _by_engine(model, "default_allocated_storage", 1)
    _by_engine(rds.DBCluster, "default_engine_version", DOCDB_VERSION)


def _extend(owner: type, name: str) -> None:
    known = getattr(owner, name)
    setattr(owner, name, classmethod(lambda _: sorted({*known(), "docdb"})))


def _by_engine(owner: type, name: str, value: Any) -> None:
    known = getattr(owner, name)

    def default(engine: str, **more: Any) -> Any:
        return value if engine == "docdb" else known(engine, **more)

    setattr(owner, name, staticmethod(default))


GAPS: dict[str, Callable[[ModuleType], None]] = {"moto.rds.models": _docdb}
