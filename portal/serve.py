"""Everything in one process: web, worker and beat as threads, the simulated AWS as the only child.

For a demonstration and for installations that one machine serves easily (docs/decisions/0001). Nothing is lost when
it is killed: the broker in memory forgets, the database does not, and the first sweep picks up what was under way.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import waitress
from celery.beat import Service
from celery.worker import WorkController
from celery.worker import state as worker_state
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.celery import app
from portal.env import point_aws_at
from portal.settled import settle
from portal.simulated import Simulator, SimulatorFailed, free_port

logger = logging.getLogger(__name__)

WORKER_THREADS: Final = 8
WEB_THREADS: Final = 8
# Tasks are short; one that is longer than this is left to the next start, which finds its operation's lease expired.
TASKS_FINISH_WITHIN_S: Final = 25.0
DEMO_SIGN_IN: Final = ("admin", "daybreak")
DEMO_PEOPLE: Final = ("admin", "operator", "manager", "viewer")


class CannotServe(Exception):
    """Why serving could not begin or go on, in a sentence."""


class Portal:
    """One run: `run` serves until a signal comes or a part fails."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.stopping = False
        self.failure: str | None = None
        self.simulator: Simulator | None = None
        self.threads: dict[str, threading.Thread] = {}

    def run(self) -> None:
        """Serve. Returns after SIGTERM or Ctrl-C; raises CannotServe when a port is taken or a part has died.

        A second signal ends the process at once.
        """
        require_migrated()
        require_own_passwords()
        # The port first: when it is taken, nothing else has been started yet.
        server = listen(settings.HOST, settings.PORT)
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            self._start_simulator()
            self._start("web", server.run)
            worker = make_worker()
            # It sleeps for at most so long, and only then sees that it is to stop.
            beat = Service(app, max_interval=1, scheduler_cls=app.conf.beat_scheduler)
            if self.simulator is not None:
                self._until_simulator_ready()
            if not self.stopping:
                self._start("worker", worker.start)
                self._start("beat", beat.start)
                say_welcome(self.simulator)
                self._watch()
            self._stop(server, beat)
        finally:
            if self.simulator is not None:
                self.simulator.stop()
        if self.failure is not None:
            raise CannotServe(self.failure)

    def _start_simulator(self) -> None:
        if not settings.SIMULATED_AWS or settings.AWS_ENDPOINT_GIVEN:
            return
        self.simulator = Simulator(
            port=free_port(settings.SIMULATOR_PORT),
            seconds=settings.SIMULATOR_SECONDS,
            journal=settings.VAR_DIR / "simulator-journal.jsonl",
            # This process, however others reach it.
            hook=f"http://127.0.0.1:{settings.PORT}/hooks/sns/",
        )
        settings.AWS_ENDPOINT_URL = self.simulator.url
        point_aws_at(self.simulator.url)
        self.simulator.start()

    def _until_simulator_ready(self) -> None:
        """Worker and beat wait for it, so that the first sweep does not report an AWS that cannot be reached."""
        assert self.simulator is not None
        try:
            self.simulator.wait_ready(given_up=lambda: self.stopping)
        except SimulatorFailed as error:
            self._fail(str(error))

    def _start(self, name: str, target: Callable[[], Any]) -> None:
        def run() -> None:
            try:
                target()
            except BaseException:
                logger.exception("The %s thread failed.", name)
            if not self.stopping:
                self._fail(f"The {name} thread has ended by itself; the log says why. Stopping.")

        self.threads[name] = threading.Thread(target=run, name=name, daemon=True)
        self.threads[name].start()

    def _watch(self) -> None:
        while not self.wake.wait(timeout=1.0):
            if self.simulator is not None and not self.simulator.running():
                self._fail("The simulated AWS has ended by itself; the log says why. Stopping.")

    def _stop(self, server: Any, beat: Service) -> None:
        """Beat first, so that nothing new comes; then the worker, once its tasks are done; the web last."""
        self.stopping = True
        beat.stop()
        worker_state.should_stop = os.EX_OK  # type: ignore[assignment]  # the stubs know only its first value
        deadline = time.monotonic() + TASKS_FINISH_WITHIN_S
        for name in ("beat", "worker"):
            if name in self.threads:
                self.threads[name].join(max(0.0, deadline - time.monotonic()))
        if "worker" in self.threads and self.threads["worker"].is_alive():
            self._fail(
                f"Tasks were still running after {TASKS_FINISH_WITHIN_S:g} seconds; the next start goes on there."
            )
        server.task_dispatcher.shutdown()

    def _fail(self, sentence: str) -> None:
        self.failure = self.failure or sentence
        self.stopping = True
        self.wake.set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            if self.simulator is not None:
                self.simulator.stop()
            os._exit(128 + number)
        self.stopping = True
        self.wake.set()


def require_migrated() -> None:
    """Raise CannotServe when the database lacks a migration: half the pages would fail, each with another riddle."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotServe("The database is not up to date. Run `python manage.py migrate` first (`make run` does).")
    connection.close()


def settled_application() -> Any:
    application = get_wsgi_application()
    settle()
    return application


def listen(host: str, port: int) -> Any:
    """The web server, bound to its port and not yet answering. Raises CannotServe when the port cannot be had."""
    try:
        return waitress.create_server(
            settled_application(),
            host=host,
            port=port,
            threads=WEB_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=False,  # Django decides, by BEHIND_PROXY
        )
    except OSError as error:
        raise CannotServe(
            f"Port {port} on {host} cannot be had: {error.strerror}. End the program that has it, or choose another "
            f"port: PORT={port + 1} make run"
        ) from error


def make_worker() -> WorkController:
    """A worker on threads of this process, its tasks imported and its queue not yet consumed."""
    worker_class: type[WorkController] = app.WorkController
    return worker_class(
        pool="threads",
        concurrency=WORKER_THREADS,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel=settings.LOG_LEVEL,
    )


def say_welcome(simulator: Simulator | None) -> None:
    """Print where the portal is and how to sign in; on stdout, because it is the answer to the command."""
    lines = [f"Daybreak is running at {settings.BASE_URL}/", sign_in()]
    if simulator is not None:
        lines.append(f"AWS is simulated, at {simulator.url}; a stack takes {simulator.seconds} s to come up.")
    lines.append("Ctrl-C stops it.")
    sys.stdout.write("\n".join(["", *(f"  {line}" for line in lines), "", ""]))
    sys.stdout.flush()


def require_own_passwords() -> None:
    """Raise CannotServe when real AWS could be switched by somebody who knows the sample's sign-in."""
    if settings.SIMULATED_AWS:
        return
    _name, password = DEMO_SIGN_IN
    people = get_user_model().objects.filter(username__in=DEMO_PEOPLE, is_active=True)
    open_doors = [person.get_username() for person in people if person.check_password(password)]
    connection.close()
    if open_doors:
        raise CannotServe(
            f"AWS is real now, and {', '.join(open_doors)} still have the sample's password, which everybody can read. "
            f"Change it first: python manage.py changepassword {open_doors[0]}"
        )


def sign_in() -> str:
    """How to sign in; the sample's password only while it is the one in force."""
    users = get_user_model().objects
    name, password = DEMO_SIGN_IN
    try:
        demo = users.filter(username=name, is_active=True).first()
        if demo is not None and demo.check_password(password):
            return f"Sign in as {name} / {password}"
        if not users.exists():
            return "Nobody can sign in yet: python manage.py createsuperuser"
        return "Sign in with your account."
    finally:
        connection.close()
