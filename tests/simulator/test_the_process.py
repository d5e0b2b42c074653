"""The simulator as a program: it says when it is ready, ends when it should, and reaches nobody."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "portal.simulator"]


@pytest.fixture(autouse=True)
def still_clock() -> None:
    """These tests start simulators of their own."""


def run(*arguments: str, program: list[str] = COMMAND) -> subprocess.Popen[str]:
    return subprocess.Popen([*program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    started = run("--port", "0")
    yield started
    started.kill()
    started.communicate()


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_one_line_says_where_it_listens(process: subprocess.Popen[str]) -> None:
    line = ready(process)

    assert line.startswith("simulator ready http://127.0.0.1:")
    port = int(line.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_it_has_said_nothing_more(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    ready(process)
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)

    assert (process.returncode, output, errors) == (0, "", "")


def wait_for_the_end_of(pid: int) -> bool:
    """Whether a process that is nobody's child here ends within some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_it_ends_when_its_parent_is_killed() -> None:
    program = (
        "import os, subprocess, sys;"
        f"child = subprocess.Popen({COMMAND!r} + ['--port', '0', '--parent', str(os.getpid())],"
        " stdout=subprocess.PIPE, text=True);"
        "child.stdout.readline(); print(child.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    if parent.stdin:
        parent.stdin.close()
    parent.stdout.close()

    assert wait_for_the_end_of(child)


def test_a_taken_port_is_said_and_ends_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = run("--port", str(taken.getsockname()[1]))
        output, errors = process.communicate(timeout=30)

    assert process.returncode != 0
    assert output == ""
    assert "Address already in use" in errors


def test_it_loads_no_django() -> None:
    program = (
        "import sys; import portal.simulator.__main__, portal.simulator.application, portal.simulator.history;"
        "print([name for name in sys.modules if name.partition('.')[0] in ('django', 'celery', 'environments')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_it_connects_to_nobody_else(tmp_path: Path) -> None:
    program = (
        "import socket; from portal.simulator.server import stay_on_this_machine; stay_on_this_machine();"
        "socket.create_connection(('192.0.2.1', 80), timeout=5)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert "the simulator does not connect to 192.0.2.1" in done.stderr


def test_it_serves_several_at_once() -> None:
    simulator = Simulator()
    try:
        port = int(simulator.url.rpartition(":")[2])
        # Clients that connect and say nothing must not keep the others waiting.
        idle = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(20)]
        assert simulator.client("sts").get_caller_identity()["Account"] == "123456789012"
        for connection in idle:
            connection.close()
    finally:
        assert simulator.stop() == 0
