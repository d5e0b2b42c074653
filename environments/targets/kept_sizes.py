"""Sizes that a target remembers of its last stop, in words: what an edit of the target must not lose.

AWS itself does not keep them: a group or a service at zero has forgotten what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .base import Texts

KINDS = frozenset({"auto_scaling_group", "ecs_service"})
"""The kinds that remember sizes."""


def kept_sizes(kind: str, memory: Mapping[str, Any]) -> list[Texts]:
    """Of each thing that no start has brought back yet, what it had; empty when nothing would be lost."""
    if kind == "auto_scaling_group" and memory.get("down"):
        return list(_groups(memory.get("sizes", {})))
    if kind == "ecs_service":
        return list(_services(memory.get("services", {})))
    return []


def _groups(sizes: Mapping[str, Mapping[str, int]]) -> Iterator[Texts]:
    for name, one in sorted(sizes.items()):
        low, wanted, high = one["min"], one["desired"], one["max"]
        yield {
            "en": f"{name}: minimum {low}, desired {wanted}, maximum {high}",
            "ko": f"{name}: 최소 {low}, 희망 {wanted}, 최대 {high}",
        }


def _services(services: Mapping[str, Mapping[str, Any]]) -> Iterator[Texts]:
    for key, one in sorted(services.items()):
        if not one.get("held"):
            continue
        tasks = int(one.get("count", 0))
        en, ko = f"{key}: {tasks} task{'s' if tasks != 1 else ''}", f"{key}: 태스크 {tasks}개"
        if "scaling" in one:
            low, high = one["scaling"]["min"], one["scaling"]["max"]
            en += f", automatic scaling {low} to {high}"
            ko += f", 자동 스케일링 {low}~{high}개"
        yield {"en": en, "ko": ko}
