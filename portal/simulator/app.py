"""The application that a stack would run, as far as somebody from outside asks for its health.

    GET /_app/<stack>/actuator/health

Spring's answer `{"status": "UP"}` once the stack was there for some seconds, 503 and `DOWN` while it comes up or goes,
404 when there is none. A stack of that name in any account and region will do.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from http import HTTPStatus

from portal.simulator.calls import Answer, Call
from portal.simulator.cloudformation.stacks import Stack
from portal.simulator.world import World

PREFIX = "/_app/"
PATH = re.compile(r"/_app/(?P<stack>[A-Za-z][-A-Za-z0-9]*)/actuator/health/?")
COMES_UP_WITHIN = timedelta(seconds=3)
# Updates replace what runs piece by piece.
SERVING = frozenset({"CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"})


def answer(world: World, call: Call) -> Answer:
    """What the application of a stack says, by the simulated clock."""
    found = PATH.fullmatch(call.environ["PATH_INFO"])
    if found is None or call.environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return _said(HTTPStatus.NOT_FOUND, "NOT_FOUND")
    with world.lock:
        world.settle()
        named = [one for one in world.engine.shelves.all() if one.name == found["stack"] and not one.is_gone]
        if not named:
            return _said(HTTPStatus.NOT_FOUND, "NOT_FOUND")
        is_up = any(_serves(stack) for stack in named)
    return _said(HTTPStatus.OK, "UP") if is_up else _said(HTTPStatus.SERVICE_UNAVAILABLE, "DOWN")


def _serves(stack: Stack) -> bool:
    if stack.status not in SERVING:
        return False
    made = next(
        event.at for event in stack.events if event.status == "CREATE_COMPLETE" and event.logical_id == stack.name
    )
    return stack.clock.now() - made >= COMES_UP_WITHIN


def _said(status: HTTPStatus, word: str) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps({"status": word}).encode())
