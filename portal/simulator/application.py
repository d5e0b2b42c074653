"""The HTTP application: the control API, and AWS as layers over moto."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from portal.simulator import app as simulated_app
from portal.simulator.calls import CONNECTION, Answer, Call, Layer, Next
from portal.simulator.cloudformation.service import CloudFormationService
from portal.simulator.cloudformation.stacks import Stack
from portal.simulator.control import PREFIX, Control
from portal.simulator.cost_explorer import CostExplorer
from portal.simulator.ecr import ecr_pages
from portal.simulator.journal import Journal
from portal.simulator.measures import tell
from portal.simulator.moto_modules import catch_up
from portal.simulator.permissions import Permissions
from portal.simulator.pricing import price_list
from portal.simulator.publishers import Publishers, set_alarm
from portal.simulator.reference import seed_reference
from portal.simulator.reference.neighbours import seed_neighbours
from portal.simulator.reference.past import seed_past
from portal.simulator.reference.watching import seed_watching
from portal.simulator.sns import sns_pages
from portal.simulator.transitions.autoscaling import GroupTransitions
from portal.simulator.transitions.ec2 import InstanceTransitions
from portal.simulator.transitions.ecs import ServiceTransitions
from portal.simulator.transitions.failing_tasks import FailingTasks
from portal.simulator.transitions.launch_failures import LaunchFailures
from portal.simulator.transitions.rds import DatabaseTransitions
from portal.simulator.transitions.rds_maintenance import pending_maintenance
from portal.simulator.transitions.rds_statuses import DatabaseStatuses
from portal.simulator.transitions.scalable_targets import TargetTransitions
from portal.simulator.transitions.scheduled_events import scheduled_events
from portal.simulator.transitions.volume_keys import set_denied
from portal.simulator.usage import spans_of
from portal.simulator.world import World

logger = logging.getLogger(__name__)
PHRASES = {status.value: status.phrase for status in HTTPStatus}
# These reach out to subscribers over HTTP, who may call back before they answer: they do not hold the lock.
REACHING_OUT = {("sns", "Publish"), ("sns", "PublishBatch"), ("cloudwatch", "SetAlarmState"), ("events", "PutEvents")}


class NotSimulatedError(ServiceException):
    code = "NotImplemented"


class BrokenError(ServiceException):
    code = "InternalFailure"


class Application:
    """The WSGI application.

    `outer` layers run one call at a time each, side by side; `inner` layers under the world's lock, after all that was
    due has happened. The first of each is the outermost. A layer is added by inserting it.
    """

    def __init__(self, world: World, journal: Journal | None = None, hook: str = "") -> None:
        self.world = world
        self._hook = hook
        self.control = Control(world, journal)
        launch_failures = LaunchFailures(world.clock)
        self.control.routes["POST", "kms"] = set_denied
        self.control.routes["POST", "launches"] = launch_failures.plan
        self.control.seeds["demo"] = self._seed_demo
        self.control.routes["POST", "ran"] = world.usage.told
        world.engine.on_removed = self._keep_usage
        self.outer: list[Layer] = [world.record, world.faults]
        publishers = Publishers(world.clock)
        self.control.routes["POST", "alarm"] = set_alarm(publishers)
        self.inner: list[Layer] = [
            sns_pages,
            world.roles,
            Permissions(world.roles),
            CloudFormationService(world.engine),
            publishers,
            ecr_pages,
            price_list,
            CostExplorer(world.usage, world.clock),
            world.app_runner,
            launch_failures,
            GroupTransitions(world.agenda, world.settings),
            InstanceTransitions(world.agenda, world.settings),
            pending_maintenance,
            scheduled_events,
            DatabaseStatuses(world.agenda, world.settings),
            DatabaseTransitions(world.clock, world.agenda, world.settings),
            TargetTransitions(world.agenda, world.settings),
            FailingTasks(world.clock, world.agenda, world.settings),
            ServiceTransitions(world.agenda, world.settings),
        ]
        if journal:
            self.inner.insert(0, journal)
        self._moto = DomainDispatcherApplication(self._load)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        call = Call.read(environ)
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            answer = self.control.answer(call)
        elif environ.get("PATH_INFO", "").startswith(simulated_app.PREFIX):
            answer = simulated_app.answer(self.world, call)
        else:
            try:
                answer = self.handle(call)
            except Exception as error:  # whatever breaks inside moto is this call's failure, not the simulator's
                logger.exception("%s %s broke", call.service, call.action)
                answer = call.failure(BrokenError(f"{type(error).__name__}: {error}"), status=500)
        if answer.status == 0:
            environ[CONNECTION].hang_up()
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        if environ["REQUEST_METHOD"] == "HEAD":
            headers = answer.headers
        else:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {PHRASES.get(answer.status, 'Unknown')}", headers)
        return [answer.body]

    def handle(self, call: Call) -> Answer:
        """Answer an AWS call through all layers."""
        # Moto would look the account up by the access key, which after a restart it does not know.
        call.environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        return through(self.outer, call, self.handle_locked)

    def handle_locked(self, call: Call) -> Answer:
        if (call.service, call.action) in REACHING_OUT:
            return through(self.inner, call, self.ask_moto)
        with self.world.lock:
            self.world.settle()
            return through(self.inner, call, self.ask_moto)

    def ask_moto(self, call: Call) -> Answer:
        try:
            body, status, headers = run_wsgi_app(self._moto, call.environ, buffered=True)
        except NotImplementedError as error:
            return call.failure(NotSimulatedError(str(error) or f"{call.service} {call.action} is not simulated"))
        return Answer(int(status.split()[0]), list(headers), b"".join(body))

    def _seed_demo(self, world: World) -> None:
        seed_reference(world)
        seed_neighbours(world, self.ask_moto)
        seed_past(world)
        seed_watching(self._hook)
        tell(world.engine.shelves)

    def _keep_usage(self, stack: Stack) -> None:
        """In the journal too, which forgets a stack once another one of its name is made."""
        if spans := spans_of(stack):
            self.control.perform("POST", "ran", {"spans": [one.as_data() for one in spans]})

    def _load(self, service: Any) -> Any:
        if service is None:
            raise NotImplementedError
        app = create_backend_app(service)
        catch_up()
        return app


def through(layers: list[Layer], call: Call, innermost: Next) -> Answer:
    """Pass a call through layers, the first one outermost."""

    def step(index: int) -> Next:
        return innermost if index == len(layers) else lambda call: layers[index](call, step(index + 1))

    return step(0)(call)
