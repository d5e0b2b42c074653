"""The portal as people run it: `manage.py serve` as a process of its own, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from portal.env import BASE_DIR


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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

    def kill(self) -> None:
        """End it at once, when it has not ended itself."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        return self.log.read_text()


def new_installation(directory: Path) -> dict[str, str]:
    """The variables of an installation whose database lies in `directory`; whatever this machine has set is left
    out."""
    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "SECRET_KEY": "tests-only-tests-only-tests-only-tests-only",
        "DATABASE_URL": f"sqlite:///{directory}/daybreak.sqlite3",
        "VAR_DIR": f"{directory}/var",
        "SIMULATOR_PORT": str(free_port()),
        "SIMULATOR_SECONDS": "0",
    }


def served(variables: Mapping[str, str], log: Path, *arguments: str) -> Served:
    """Start `manage.py serve`; `PORT` among the variables or a free one. To be killed by the caller."""
    port = int(variables.get("PORT") or free_port())
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *arguments],
            cwd=BASE_DIR,
            env={"PORT": str(port)} | dict(variables),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    return Served(process, port, log)
