"""Kinds of target: one file and one line here each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from .base import Driver

KINDS: dict[str, str] = {
    "cloudformation": "environments.targets.cloudformation.CloudFormationStack",
}


@cache
def driver(kind: str) -> Driver:
    """The driver of a kind; KeyError for a kind nobody registered."""
    module, _, name = KINDS[kind].rpartition(".")
    found: Driver = getattr(import_module(module), name)()
    return found
