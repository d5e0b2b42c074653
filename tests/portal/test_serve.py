"""`manage.py serve` as people run it: a real process, SQLite in a file, the simulator as its child."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from portal.env import BASE_DIR
from tests.support.migrated import kept
from tests.support.serving import Served, new_installation, served
from tests.support.waiting import wait_until

pytestmark = pytest.mark.journey

START_S = 60.0


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> dict[str, str]:
    """The variables of a new installation whose database is migrated."""
    directory = tmp_path_factory.mktemp("installation")
    variables = new_installation(directory)
    assert pytestconfig.cache is not None
    with kept(pytestconfig.cache.mkdir("migrated"), Path(variables["DATABASE_URL"].removeprefix("sqlite:///"))):
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(migrate, cwd=BASE_DIR, env=variables, check=True)
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
        started.append(served(environment | variables, tmp_path / f"log{len(started)}"))
        return started[-1]

    yield start
    for one in started:
        one.kill()


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
