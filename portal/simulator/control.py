"""The control API: how tests and the demo move the clock, plan failures and look at what was asked of AWS.

Plain JSON over HTTP under `/_simulator/`; what is refused is answered with 400 and `{"error": words}`.

    GET    health                              {"status": "UP"}
    GET    clock                               {"now": iso, "frozen": bool}
    POST   clock      freeze | set | advance   a bool, an ISO time, seconds; several at once are done in this order
    GET    settings
    POST   settings   seconds, stack | transition_seconds
    GET    requests   service, action          the AWS calls since the start or the last reset
    DELETE requests
    GET    failures
    POST   failures   operation, logical_id, resource_type, stack, reason, times    gives {"id": n}
    DELETE failures   id                       without an id: all
    GET    faults                              the rules, with how often each was used
    POST   faults     kind, service, action, account, region, nth, after, times, …    gives {"id": n}: docs/simulator.md
    DELETE faults     id                       without an id: all
    GET    roles
    POST   roles      arn, external_id
    POST   alarm      name, state, reason      lets a CloudWatch alarm of the sample's account change
    POST   ran        spans                    what is billed beside stacks: docs/simulator.md
    POST   seed       name                     reference, demo
    POST   reset
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from portal.simulator.calls import Answer, Call
from portal.simulator.journal import Journal
from portal.simulator.reference import seed_reference
from portal.simulator.world import World

PREFIX = "/_simulator/"
# What a simulator that is started again begins without.
OF_THE_MOMENT = {"faults", "alarm"}
Json = dict[str, Any]


class Control:
    """Plain JSON under `/_simulator/`. A handler gets the parameters, of the query or the body, and gives an object.

    Handlers are looked up by method and path in `routes`, seeds by name in `seeds`; both take more of them.
    ValueError, TypeError and KeyError in a handler are the caller's mistake and answered with 400.
    """

    def __init__(self, world: World, journal: Journal | None = None) -> None:
        self._world = world
        self._journal = journal
        self.seeds: dict[str, Callable[[World], None]] = {"reference": seed_reference}
        self.routes: dict[tuple[str, str], Callable[[Json], Json]] = {
            ("GET", "health"): lambda _: {"status": "UP"},
            ("GET", "clock"): lambda _: self._clock(),
            ("POST", "clock"): self._move_clock,
            ("GET", "settings"): lambda _: self._settings(),
            ("POST", "settings"): self._set,
            ("GET", "requests"): lambda wanted: {"requests": world.record.listed(**wanted)},
            ("DELETE", "requests"): self._forget_requests,
            ("GET", "failures"): lambda _: {"failures": world.failures.listed()},
            ("POST", "failures"): self._plan_failure,
            ("DELETE", "failures"): self._clear_failures,
            ("GET", "faults"): lambda _: {"faults": world.faults.listed()},
            ("POST", "faults"): lambda wanted: {"id": world.faults.plan(**wanted).id},
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "roles"): lambda _: {"roles": world.roles.listed()},
            ("POST", "roles"): self._register_role,
            ("POST", "seed"): self._seed,
            ("POST", "reset"): self._reset,
        }

    def answer(self, call: Call) -> Answer:
        method, path = call.environ["REQUEST_METHOD"], call.environ["PATH_INFO"].removeprefix(PREFIX).strip("/")
        handler = self.routes.get((method, path))
        if handler is None:
            return as_json(HTTPStatus.NOT_FOUND, {"error": f"{method} {PREFIX}{path} does not exist"})
        try:
            parameters = dict(parse_qsl(call.environ.get("QUERY_STRING", "")))
            parameters |= json.loads(call.body) if call.body else {}
            with self._world.lock:
                content = handler(parameters) if method == "GET" else self.perform(method, path, parameters)
            return as_json(HTTPStatus.OK, content)
        except (ValueError, TypeError, KeyError) as error:
            return as_json(HTTPStatus.BAD_REQUEST, {"error": f"{type(error).__name__}: {error}"})

    def _clock(self) -> Json:
        return {"now": self._world.clock.now().isoformat(), "frozen": self._world.clock.frozen}

    def _move_clock(self, wanted: Json) -> Json:
        clock = self._world.clock
        if unknown := wanted.keys() - {"freeze", "set", "advance"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if "freeze" in wanted:
            if wanted["freeze"]:
                clock.freeze()
            else:
                clock.run()
        if "set" in wanted:
            clock.set(datetime.fromisoformat(wanted["set"]))
        if "advance" in wanted:
            clock.advance(float(wanted["advance"]))
        self._world.settle()
        return self._clock()

    def _settings(self) -> Json:
        return asdict(self._world.settings)

    def _set(self, wanted: Json) -> Json:
        """`seconds`, with `stack` for one stack only (there null takes the override back), and `transition_seconds`."""
        settings, stack = self._world.settings, wanted.get("stack")
        if unknown := wanted.keys() - {"seconds", "stack", "transition_seconds"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if "transition_seconds" in wanted:
            settings.transition_seconds = not_negative(wanted["transition_seconds"])
        if stack is not None and wanted["seconds"] is None:
            settings.seconds_by_stack.pop(stack, None)
        elif stack is not None:
            settings.seconds_by_stack[stack] = not_negative(wanted["seconds"])
        elif "seconds" in wanted:
            settings.seconds = not_negative(wanted["seconds"])
        return self._settings()

    def _forget_requests(self, _: Json) -> Json:
        self._world.record.clear()
        return {}

    def _plan_failure(self, wanted: Json) -> Json:
        return {"id": self._world.failures.plan(**wanted).id}

    def _clear_failures(self, wanted: Json) -> Json:
        self._world.failures.clear(int(wanted["id"]) if "id" in wanted else None)
        return {}

    def _clear_faults(self, wanted: Json) -> Json:
        if unknown := wanted.keys() - {"id"}:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        self._world.faults.clear(int(wanted["id"]) if "id" in wanted else None)
        return {}

    def perform(self, method: str, path: str, wanted: Json) -> Json:
        """Do what a POST or a DELETE to this path does, and write it to the journal."""
        with self._world.lock:
            content = self.routes[method, path](wanted)
            if self._journal and path not in OF_THE_MOMENT:
                self._journal.note_control(method, path, wanted)
            return content

    def _register_role(self, wanted: Json) -> Json:
        self._world.roles.register(wanted["arn"], wanted.get("external_id"))
        return {"roles": self._world.roles.listed()}

    def _seed(self, wanted: Json) -> Json:
        name = wanted["name"]
        if name not in self.seeds:
            raise ValueError(f"no seed {name!r}; there are: {', '.join(self.seeds)}")
        self._world.settle()
        self.seeds[name](self._world)
        return {"seeded": name}

    def _reset(self, _: Json) -> Json:
        self._world.reset()
        return {}


def as_json(status: HTTPStatus, content: Json) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(content, default=str).encode())


def not_negative(value: Any) -> float:
    if float(value) < 0:
        raise ValueError(f"{value} is negative")
    return float(value)
