"""RDS instances and clusters: starting and stopping before available and stopped."""

from __future__ import annotations

import dataclasses
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings

ACTIONS = {
    "CreateDBInstance": "creating",
    "StartDBCluster": "starting",
    "StartDBInstance": "starting",
    "StopDBCluster": "stopping",
    "StopDBInstance": "stopping",
}
FINAL = ("available", "stopped")


class DatabaseTransitions:
    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "rds" or call.action not in ACTIONS:
            return go_on(call)
        before = {id(database): database.status for database in _databases(call)}
        answer = go_on(call)
        passing = ACTIONS[call.action]
        if answer.status == 200 and self._settings.transition_seconds:
            for database in _databases(call):
                if before.get(id(database)) != database.status and database.status in FINAL:
                    self._send_off(database, passing)
            # Moto has written the state it gave at once.
            for final in (*FINAL, "started"):
                answer = dataclasses.replace(
                    answer, body=answer.body.replace(f"Status>{final}<".encode(), f"Status>{passing}<".encode())
                )
        return answer

    def _send_off(self, database: Any, passing: str) -> None:
        final, database.status = database.status, passing

        def arrive() -> None:
            if database.status == passing:
                database.status = final

        self._agenda.after(self._settings.transition_seconds, f"{database.arn}/{final}", arrive)


def _databases(call: Call) -> list[Any]:
    backend = load("rds.models").rds_backends[call.account][call.region]
    return [*backend.databases.values(), *backend.clusters.values()]
