"""`manage.py serve` as people run it: a real process, SQLite in a file, the simulator as its child."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.env import BASE_DIR
from tests.support.waiting import wait_until

START_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Served:
    """A portal under way, with what it says."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        with suppress(OSError):
            return self.get("/healthz") == (200, "ok")
        return False

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def welcomed(self) -> bool:
        return "Ctrl-C stops it." in self.said()

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a new installation whose database is migrated."""
    directory = tmp_path_factory.mktemp("installation")
    variables = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "SECRET_KEY": "tests-only-tests-only-tests-only-tests-only",
        "DATABASE_URL": f"sqlite:///{directory}/daybreak.sqlite3",
        "SIMULATOR_PORT": str(free_port()),
        "SIMULATOR_SECONDS": "0",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=BASE_DIR, env=variables, check=True)
    return variables


@pytest.fixture
def environment(installation: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """That installation, with a copy of its database: no signs of life of another test's processes."""
    shutil.copy(installation["DATABASE_URL"].removeprefix("sqlite:///"), tmp_path / "daybreak.sqlite3")
    return installation | {"DATABASE_URL": f"sqlite:///{tmp_path}/daybreak.sqlite3"}


@pytest.fixture
def serve(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts `manage.py serve` with more variables; kills what is left of it after the test."""
    started: list[Served] = []

    def start(**variables: str) -> Served:
        port = free_port()
        log = tmp_path / f"log{len(started)}"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=BASE_DIR,
                env=environment | {"PORT": str(port)} | variables,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        started.append(Served(process, port, log))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.process.kill()
            served.process.wait()


Serve = Callable[..., Served]


def test_it_serves_everything_and_ends_in_order_on_sigterm(serve: Serve, environment: dict[str, str]) -> None:
    portal = serve()
    wait_until(portal.answers, START_S)
    wait_until(portal.ready, START_S)
    wait_until(portal.welcomed, START_S)
    report: dict[str, Any] = json.loads(portal.get("/readyz")[1])
    children = children_of(portal.process.pid)

    portal.process.terminate()

    assert portal.process.wait(timeout=40) == 0, portal.said()
    assert (report["database"]["kind"], report["broker"]["kind"]) == ("sqlite", "memory")
    assert max(report["worker"]["age_s"], report["beat"]["age_s"]) < 15
    assert f"Daybreak is running at http://127.0.0.1:{portal.port}/" in portal.said()
    assert "Traceback" not in portal.said()
    assert len(children) == 1
    assert not lives(children[0])
    with closing(sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        assert database.execute("SELECT name FROM portal_pulse").fetchall() == []


def test_ctrl_c_ends_it_and_its_simulator_which_moved_to_a_free_port(serve: Serve) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        portal = serve(SIMULATOR_PORT=str(port))
        wait_until(portal.answers, START_S)
        wait_until(portal.welcomed, START_S)
        (child,) = children_of(portal.process.pid)

        portal.process.send_signal(signal.SIGINT)

        assert portal.process.wait(timeout=40) == 0, portal.said()
    assert not lives(child)
    assert "AWS is simulated, at http://127.0.0.1:" in portal.said()
    assert f"AWS is simulated, at http://127.0.0.1:{port}" not in portal.said()
    assert "Traceback" not in portal.said()


def test_its_child_ends_when_it_is_killed(serve: Serve) -> None:
    portal = serve()
    wait_until(portal.answers, START_S)
    (child,) = children_of(portal.process.pid)
    wait_until(portal.ready, START_S)

    portal.process.kill()
    portal.process.wait()

    wait_until(lambda: not lives(child), within_s=15)


def test_a_signal_while_it_starts_ends_it_too(serve: Serve) -> None:
    portal = serve()
    wait_until(portal.answers, START_S)
    children = children_of(portal.process.pid)

    portal.process.terminate()

    assert portal.process.wait(timeout=40) == 0, portal.said()
    assert [child for child in children if lives(child)] == []


def test_it_does_not_go_on_without_the_simulator(serve: Serve) -> None:
    portal = serve()
    wait_until(portal.answers, START_S)
    wait_until(portal.welcomed, START_S)

    os.kill(children_of(portal.process.pid)[0], signal.SIGKILL)

    assert portal.process.wait(timeout=40) == 1
    assert "The simulated AWS has ended by itself" in portal.said()


def test_a_port_that_is_taken_is_said_in_a_sentence(serve: Serve) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        portal = serve(PORT=str(port))

        assert portal.process.wait(timeout=40) == 1
    assert f"Port {port} on 127.0.0.1 cannot be had: Address already in use." in portal.said()
    assert "Traceback" not in portal.said()


def test_a_database_without_its_tables_is_said_in_a_sentence(serve: Serve, tmp_path: Path) -> None:
    portal = serve(DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")

    assert portal.process.wait(timeout=40) == 1
    assert "The database is not up to date. Run `python manage.py migrate` first" in portal.said()
