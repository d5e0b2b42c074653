"""The test of a connection: what works in each region of an account and what is missing, action by action.

Nothing is changed in AWS. Looking actions are called as they are, EC2's changing ones as dry runs, all others are asked
of IAM's policy simulation; what none of these can say is said to be unknown.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Lock
from typing import Any

from environments.targets.base import AccountRef, Texts

from . import access_texts as texts
from .access_findings import Finding, Row
from .access_grants import Ask, verb
from .access_probes import Sample, dry_run, look
from .access_roles import ASSUME, Entry, enter
from .access_simulation import simulated

log = logging.getLogger(__name__)
# Somebody waits at their browser.
PATIENCE_S = 20.0
THREADS = 8


def try_actions(account: AccountRef, asks: Mapping[str, Sequence[Ask]], *, patience_s: float = PATIENCE_S) -> list[Row]:
    """Try the actions of `asks` (region -> what is needed there). Rows are sorted by region, the role's first.

    Takes at most `patience_s`, whatever AWS does: what has not been answered by then is said to have failed, and its
    threads end by themselves within some seconds. Credentials are new, nothing of what the portal keeps is used.
    """
    end = time.monotonic() + patience_s
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="connection-test")
    try:
        entered = _gathered(
            {region: pool.submit(enter, account, region) for region in asks},
            end,
            lambda region, said: (None, Row(region, ASSUME, Finding.FAILED, said)),
        )
        rows = [row for _, row in entered.values()]
        entries = [entry for entry, _ in entered.values() if entry]
        jobs = {
            (entry.region, actions): pool.submit(work, end)
            for entry in entries
            for actions, work in _jobs(account, entry, asks[entry.region])
        }
        for found in _gathered(jobs, end, _nothing_known).values():
            rows += found
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    order = {region: number for number, region in enumerate(asks)}
    return sorted(rows, key=lambda row: (order[row.region], not row.action.startswith("sts:"), row.action))


def _gathered(futures: Mapping[Any, Future[Any]], end: float, otherwise: Callable[[Any, Texts], Any]) -> dict[Any, Any]:
    """Their results, in the order in which they were asked; `otherwise` stands for those that gave none."""
    done, _ = wait(futures.values(), max(0.0, end - time.monotonic()))
    found: dict[Any, Any] = {}
    for key, future in futures.items():
        if future not in done:
            found[key] = otherwise(key, texts.NO_TIME)
        elif error := future.exception():
            log.error("The test of a connection broke at %s.", key, exc_info=error)
            found[key] = otherwise(key, texts.BROKEN)
        else:
            found[key] = future.result()
    return found


def _nothing_known(key: tuple[str, tuple[str, ...]], said: Texts) -> list[Row]:
    region, actions = key
    return [Row(region, action, Finding.FAILED, said) for action in actions]


def _jobs(
    account: AccountRef, entry: Entry, asks: Sequence[Ask]
) -> Iterable[tuple[tuple[str, ...], Callable[[float], list[Row]]]]:
    """One for each service that is looked at, so that a slow one holds up no other; one for what changes anything."""
    clients = _Clients(entry)
    sample = Sample(asks, account, entry.region)
    looking: defaultdict[str, set[str]] = defaultdict(set)
    for ask in asks:
        if _can_be_called(ask.action):
            looking[ask.action.partition(":")[0]].add(ask.action)
    for actions in looking.values():
        ordered = tuple(sorted(actions))
        yield ordered, partial(_look_all, clients, ordered, sample)
    changing = tuple(sorted({ask.action for ask in asks if not _can_be_called(ask.action)}))
    if changing:
        yield changing, partial(_ask_all, clients, entry, changing, sample)


def _can_be_called(action: str) -> bool:
    return verb(action) == "Look"


class _Clients:
    """The clients of one entry, each made once: sessions of boto3 are not to be used by two threads at once."""

    def __init__(self, entry: Entry) -> None:
        self._entry, self._lock = entry, Lock()
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._made[service] = self._entry.client(service)
            return self._made[service]


def _look_all(clients: _Clients, actions: Sequence[str], sample: Sample, end: float) -> list[Row]:
    rows = []
    for action in actions:
        found: tuple[Finding, Texts] = (Finding.FAILED, texts.NO_TIME)
        if time.monotonic() < end:
            found = look(clients, action, sample) or (Finding.UNKNOWN, texts.CANNOT)
        rows.append(Row(sample.region, action, *found))
    return rows


def _ask_all(clients: _Clients, entry: Entry, actions: Sequence[str], sample: Sample, end: float) -> list[Row]:
    known: dict[str, tuple[Finding, Texts]] = {}
    for action in actions:
        if time.monotonic() < end and (found := dry_run(clients, action, sample)):
            known[action] = found
    rest = [ask for ask in sample.asks if ask.action in actions and ask.action not in known]
    if rest and time.monotonic() < end:
        known |= simulated(clients("iam"), entry.principal, rest, sample.account, sample.region)
    unknown = (Finding.UNKNOWN, texts.CANNOT)
    return [Row(sample.region, action, *known.get(action, unknown)) for action in actions]
