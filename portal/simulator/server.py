"""The simulator as a process: one port, served by waitress, gone when nobody needs it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from waitress.server import create_server

THREADS = 8
LOOPBACK = {"::1", "localhost"}


def serve(application: Callable[..., Any], host: str, port: int, parent: int | None) -> None:
    """Serve until SIGTERM, SIGINT or the parent's end. Prints one line when it listens.

    Side effect: takes over the process's signals.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)
    # Moto warns of each error that is not in botocore's model of the service; AWS has many of those, too.
    warnings.filterwarnings("ignore", category=UserWarning, module="moto|portal.simulator")
    server = create_server(
        application, host=host, port=port, threads=THREADS, ident=None, channel_timeout=300, cleanup_interval=60,
        connection_limit=1000, clear_untrusted_proxy_headers=False,
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leave())
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    sys.stdout.write(f"simulator ready http://{host}:{server.effective_port}\n")
    sys.stdout.flush()
    # Moto prints what it does not know; whoever reads the one line need not read on.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        server.run()


def leave() -> None:
    """End now. All state is in memory, and the journal is written with each request: there is nothing to wait for."""
    sys.stdout.flush()
    os._exit(0)


def _watch(parent: int) -> None:
    """End the process when the one it serves has ended.

    An orphan is adopted by another process, on Linux and macOS alike; one that is not the direct parent (there is a
    shell between) is asked whether it is there.
    """
    direct = os.getppid() == parent
    while os.getppid() == parent if direct else _exists(parent):
        time.sleep(0.5)
    leave()


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def stay_on_this_machine() -> None:
    """Refuse connections to anywhere else, whatever a part of moto may try. Side effect: for the whole process."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(str(address[0])):
            raise ConnectionRefusedError(f"the simulator does not connect to {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment]


def _is_local(host: str) -> bool:
    return host in LOOPBACK or host.startswith("127.")
