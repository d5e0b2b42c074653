"""RDS instances and clusters: starting and stopping before available and stopped, and AWS's own restart.

DocumentDB and Neptune are clusters of RDS too: their clients speak to the same API.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import partial
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings
from portal.simulator.transitions.rds_maintenance import note_restart
from portal.simulator.transitions.rds_refusals import LISTING, refusal

ACTIONS = {
    "CreateDBInstance": "creating",
    "StartDBCluster": "starting",
    "StartDBInstance": "starting",
    "StopDBCluster": "stopping",
    "StopDBInstance": "stopping",
}
FINAL = ("available", "stopped")
# AWS starts what has been stopped for a week, so that it does not miss maintenance.
STOPPED_FOR = timedelta(days=7)


class DatabaseTransitions:
    def __init__(self, clock: Clock, agenda: Agenda, settings: Settings) -> None:
        self._clock = clock
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "rds" or call.action not in {*ACTIONS, *LISTING}:
            return go_on(call)
        backend = load("rds.models").rds_backends[call.account][call.region]
        if refused := refusal(call, backend):
            return call.failure(refused, status=400)
        return go_on(call) if call.action in LISTING else self._change(call, go_on, backend)

    def _change(self, call: Call, go_on: Next, backend: Any) -> Answer:
        before = {id(database): database.status for database in _databases(backend)}
        answer = go_on(call)
        if answer.status != 200:
            return answer
        passing = ACTIONS[call.action]
        for database in _databases(backend):
            if before.get(id(database)) != database.status and database.status in FINAL:
                self._send_off(database, passing, database.status)
        if self._settings.transition_seconds:
            # Moto has written the state it gave at once.
            for final in (*FINAL, "started"):
                answer = dataclasses.replace(
                    answer, body=answer.body.replace(f"Status>{final}<".encode(), f"Status>{passing}<".encode())
                )
        return answer

    def _send_off(self, database: Any, passing: str, final: str) -> None:
        for each in (database, *_members(database)):
            each.status = passing
            each.automatic_restart_time = None
        if self._settings.transition_seconds:
            arrive = partial(self._arrive, database, passing, final)
            self._agenda.after(self._settings.transition_seconds, f"{database.arn}/{final}", arrive)
        else:
            self._arrive(database, passing, final)

    def _arrive(self, database: Any, passing: str, final: str) -> None:
        # It may have been sent elsewhere, or have been deleted, meanwhile.
        if database.status != passing:
            return
        members = [member for member in _members(database) if member.status == passing]
        for each in (database, *members):
            each.status = final
        if final == "stopped":
            restart = self._clock.now() + STOPPED_FOR
            for each in (database, *members):
                each.automatic_restart_time = restart
            again = partial(self._start_again, database, restart)
            self._agenda.after(STOPPED_FOR.total_seconds(), f"{database.arn}/restart", again)

    def _start_again(self, database: Any, restart: Any) -> None:
        # Who started it meanwhile, and stopped it again, has a week from then.
        if database.status == "stopped" and database.automatic_restart_time == restart:
            note_restart(database, self._clock.now())
            self._send_off(database, "starting", "available")


def _databases(backend: Any) -> list[Any]:
    return [*backend.databases.values(), *backend.clusters.values()]


def _members(database: Any) -> list[Any]:
    """The instances of a cluster; none of what is an instance itself."""
    return list(getattr(database, "members", []))
