"""The simulated AWS as a child process of `manage.py serve`."""

import contextlib
import logging
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

logger = logging.getLogger(__name__)

READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 5.0
READY_LINE: Final = "simulator ready "


class SimulatorFailed(Exception):
    """The simulator did not come up; the message says why."""


def free_port(wanted: int) -> int:
    """`wanted` when nobody listens there, else a port that is free right now."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As servers do: a port that was left a moment ago counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise SimulatorFailed("No port is free for the simulated AWS.")


class Simulator:
    """The child: `start`, `wait_ready`, `stop`. It also ends by itself when this process is gone, however it went."""

    def __init__(self, *, port: int, seconds: int, journal: Path, hook: str = "") -> None:
        self.port = port
        self.seconds = seconds
        self.journal = journal
        self.hook = hook
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Start the child; returns at once."""
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        options = {
            "--port": self.port,
            "--seconds": self.seconds,
            "--journal": self.journal,
            "--parent": os.getpid(),
            "--seed": "demo",
            "--hook": self.hook,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "portal.simulator", *(str(part) for option in options.items() for part in option)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            # A group of its own: Ctrl-C goes to us alone, and running tasks finish while AWS is still there.
            process_group=0,
        )
        assert self._process.stdout is not None
        threading.Thread(target=self._read, args=(self._process.stdout,), name="simulator-output", daemon=True).start()

    def wait_ready(self, given_up: Callable[[], bool]) -> None:
        """Wait until it answers, or `given_up` says so.

        Raises SimulatorFailed when it ends first or takes longer than `READY_WITHIN_S`.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while not given_up():
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise SimulatorFailed(f"The simulated AWS is not ready after {READY_WITHIN_S:g} seconds.") from None
                continue
            if line is None:
                raise SimulatorFailed(f"The simulated AWS ended at its start, with exit code {self.wait()}.")
            if line.startswith(READY_LINE):
                return

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        return self._process.wait(STOP_WITHIN_S) if self._process is not None else 0

    def stop(self) -> None:
        """End the child and wait until it is gone: by SIGTERM, then by SIGKILL."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self, output: IO[str]) -> None:
        # To the end: a child whose output nobody reads would stand still once the pipe is full.
        for line in output:
            logger.debug("%s", line.rstrip())
            self._lines.put(line)
        self._lines.put(None)
