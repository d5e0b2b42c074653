"""Statuses of RDS that come of things nobody can ask for, and snapshots that take their time.

A database or a snapshot with the tag `simulator:status` has that status (`storage-full`, `backing-up`, `failed` …) as
soon as it is tagged, and is `available` again when the tag is taken away. Snapshots are `creating` at first.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load
from portal.simulator.settings import Settings

TAG = "simulator:status"
TAGGING = {"AddTagsToResource", "RemoveTagsFromResource"}
SNAPSHOTS = {"CreateDBSnapshot": "database_snapshots", "CreateDBClusterSnapshot": "cluster_snapshots"}
NAMES = ("DBSnapshotIdentifier", "DBClusterSnapshotIdentifier")


class DatabaseStatuses:
    def __init__(self, agenda: Agenda, settings: Settings) -> None:
        self._agenda = agenda
        self._settings = settings

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "rds" or call.action not in {*TAGGING, *SNAPSHOTS}:
            return go_on(call)
        answer = go_on(call)
        if answer.status != 200:
            return answer
        backend = load("rds.models").rds_backends[call.account][call.region]
        if call.action in TAGGING:
            _tell(call, backend)
        elif self._settings.transition_seconds:
            name = next(call.parameters[field] for field in NAMES if field in call.parameters).lower()
            return self._create(getattr(backend, SNAPSHOTS[call.action])[name], answer)
        return answer

    def _create(self, snapshot: Any, answer: Answer) -> Answer:
        snapshot.status = "creating"
        arrive = partial(_arrive, snapshot)
        self._agenda.after(self._settings.transition_seconds, f"{snapshot.arn}/available", arrive)
        return dataclasses.replace(answer, body=answer.body.replace(b"<Status>available<", b"<Status>creating<"))


def _arrive(snapshot: Any) -> None:
    if snapshot.status == "creating":
        snapshot.status = "available"


def _tell(call: Call, backend: Any) -> None:
    arn = call.parameters.get("ResourceName", "")
    meant = [tag["Value"] for tag in call.parameters.get("Tags", []) if tag["Key"] == TAG]
    if call.action == "RemoveTagsFromResource" and TAG in call.parameters.get("TagKeys", []):
        meant = ["available"]
    for found in (backend.databases, backend.clusters, backend.database_snapshots, backend.cluster_snapshots):
        for one in found.values():
            if meant and one.arn == arn:
                one.status = meant[0]
