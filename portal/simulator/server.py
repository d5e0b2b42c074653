"""The simulator as a process: one port, served by waitress, gone when nobody needs it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import WSGITask

from portal.simulator.calls import CONNECTION

# More than the cores: calls that a fault keeps waiting must not keep the others waiting, too.
THREADS = 32
# On, and no time to linger: closing sends a reset (RST) instead of an orderly end.
RESET = struct.pack("ii", 1, 0)
LOOPBACK = {"::1", "localhost"}


class Task(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment, with the connection in it."""
        return {**super().get_environment(), CONNECTION: self.channel}


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that can be cut instead of being answered."""

    task_class = Task

    def hang_up(self) -> NoReturn:
        """End the request without an answer, and reset the connection."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        raise ClientDisconnected

    def is_gone(self) -> bool:
        """Whether the other side has closed. The server's own loop would notice only after the answer."""
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True


def serve(application: Callable[..., Any], host: str, port: int, parent: int | None) -> None:
    """Serve until SIGTERM, SIGINT or the parent's end. Prints one line when it listens.

    Side effect: takes over the process's signals.
    """
    logging.getLogger("waitress").setLevel(logging.ERROR)
    # Moto warns of each error that is not in botocore's model of the service; AWS has many of those, too.
    warnings.filterwarnings("ignore", category=UserWarning, module="moto|portal.simulator")
    BaseWSGIServer.channel_class = Channel
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
