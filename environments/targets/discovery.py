"""What an account has that could be a target: one look at a region for each kind, whatever the portal knows already.

Each kind has a finder, one line in `FINDERS`. Looking changes nothing; a kind that cannot be asked hides no other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any

from . import discovery_texts as texts
from .base import AccountRef, Seen, TargetError, TargetRef, Texts
from .registry import driver
from .selection import SelectionError, selection

log = logging.getLogger(__name__)
# Somebody waits at their browser.
PATIENCE_S = 20.0
THREADS = 8
MOST = 2000
STACK_TAG = "aws:cloudformation:stack-name"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing of AWS that a target could name by `identifier`.

    `details` are for people; `why_not`: why it cannot be a target (a nested stack, a group's instance, a replica);
    `also`: other identifiers that mean the same thing; `root`: of a nested stack, the id or name of its outermost one.
    """

    kind: str
    identifier: str
    name: str
    tags: Mapping[str, str]
    state: Seen
    details: tuple[Texts, ...] = ()
    why_not: Texts | None = None
    also: tuple[str, ...] = ()
    root: str = ""

    def is_named_by(self, identifier: str, options: Mapping[str, Any]) -> bool:
        """Whether a target of the same kind, account and region means it, by name, in a list, or by its tags."""
        try:
            chosen = selection(identifier)
        except SelectionError:
            return False
        if chosen.tags:
            cluster = str(options.get("cluster") or "").strip()
            inside = self.kind != "ecs_service" or cluster in {"", self.identifier.partition("/")[0]}
            return inside and chosen.matches(self.tags)
        # RDS alone takes identifiers in any case of letters.
        same = str.lower if self.kind.startswith("rds_") else str
        own = {same(one) for one in (self.identifier, *self.also)}
        return any(same(part.strip()) in own for part in chosen.name.split(","))


@dataclass(frozen=True, slots=True)
class Place:
    """A kind in a region: what is looked at at once."""

    kind: str
    region: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at an account gave: the things of each place; places that have more than were read; and why a
    place could not be asked."""

    found: Mapping[Place, tuple[Found, ...]] = field(default_factory=dict)
    more: frozenset[Place] = frozenset()
    failed: Mapping[Place, Texts] = field(default_factory=dict)


Finder = Callable[[AccountRef, str], Iterator[Found]]
FINDERS: dict[str, str] = {
    "cloudformation": "environments.targets.discovery_stacks.stacks",
    "auto_scaling_group": "environments.targets.discovery_machines.groups",
    "ec2": "environments.targets.discovery_machines.instances",
    "rds_cluster": "environments.targets.discovery_databases.clusters",
    "rds_instance": "environments.targets.discovery_databases.instances",
    "ecs_service": "environments.targets.discovery_services.ecs",
    "app_runner": "environments.targets.discovery_services.app_runner",
}


@cache
def finder(kind: str) -> Finder:
    """The finder of a kind; KeyError for a kind that has none."""
    module, _, name = FINDERS[kind].rpartition(".")
    found: Finder = getattr(import_module(module), name)
    return found


def find(account: AccountRef, places: Iterable[Place], *, patience_s: float = PATIENCE_S, most: int = MOST) -> Looked:
    """Look at all these places at once, at `most` things in each. Calls: one a page.

    Takes `patience_s` at the most, whatever AWS does: what has not been answered by then is said to have failed, and
    its threads end by themselves within some seconds. What goes wrong in one place is kept in words.
    """
    end = time.monotonic() + patience_s
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="discovery")
    try:
        jobs = {place: pool.submit(_look, account, place, most, end) for place in dict.fromkeys(places)}
        done, _ = wait(jobs.values(), max(0.0, end - time.monotonic()))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    found: dict[Place, tuple[Found, ...]] = {}
    more: set[Place] = set()
    failed: dict[Place, Texts] = {}
    for place, job in jobs.items():
        error = job.exception() if job in done else None
        if job not in done:
            failed[place] = texts.NO_TIME
        elif isinstance(error, TargetError):
            failed[place] = error.texts
        elif error:
            log.error("Looking for %s in %s broke.", place.kind, place.region, exc_info=error)
            failed[place] = texts.BROKEN
        else:
            found[place], is_more = job.result()
            more |= {place} if is_more else set()
    return Looked(found, frozenset(more), failed)


def reference(found: Found, account: AccountRef, region: str) -> TargetRef:
    """The target that it would be, without options."""
    return TargetRef(found.kind, found.identifier, account, region)


def _look(account: AccountRef, place: Place, most: int, end: float) -> tuple[tuple[Found, ...], bool]:
    """What the place has, by name, and whether there is more than was read."""
    seen: list[Found] = []
    more = False
    for one in finder(place.kind)(account, place.region):
        if len(seen) >= most or time.monotonic() > end:
            more = True
            break
        seen.append(_judged(one, account, place.region))
    return tuple(sorted(seen, key=lambda one: (one.name.lower(), one.identifier))), more


def _judged(found: Found, account: AccountRef, region: str) -> Found:
    """With what its kind has against its identifier; options are not there yet."""
    if found.why_not:
        return found
    wrong = driver(found.kind).problems(reference(found, account, region)).get("identifier")
    return replace(found, why_not=wrong) if wrong else found
