"""What was done, in a file: so that a simulator that is started again holds what it held.

Each line is one request that changed something, with its simulated time and the seed of its ids. Telling it all again
gives the same state, ids included; what had finished by now is finished.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock
from portal.simulator.randomness import seeded

logger = logging.getLogger(__name__)
Line = dict[str, Any]
# What leaves the simulator or only passes through it: telling it again would send it again.
PASSING = {
    "cloudwatch": ("PutMetricData", "SetAlarmState"),
    "events": ("PutEvents",),
    "kinesis": ("PutRecord",),
    "lambda": ("Invoke",),
    "logs": ("PutLogEvents",),
    "ses": ("Send",),
    "sesv2": ("Send",),
    "sns": ("Publish",),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"),
    "sts": ("",),
}
# What changes nothing when it is said a second time. Each start says the first two.
SAID_ONCE = {"seed", "settings", "roles"}
LEFT_OUT = {"HTTP_CONNECTION", "HTTP_ACCEPT_ENCODING", "HTTP_X_AMZ_SECURITY_TOKEN", "HTTP_AMZ_SDK_INVOCATION_ID",
            "HTTP_AMZ_SDK_REQUEST", "HTTP_X_MOTO_ACCOUNT_ID"}  # fmt: skip


class Journal:
    """A layer that writes down each AWS request that changed something, when it has succeeded."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._file: IO[str] | None = None
        self._seed: str | None = None

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if self._seed is None and (not call.changes_something or _only_passes(call)):
            return go_on(call)
        seed, at = self._seed or uuid.uuid4().hex, self._clock.now()
        # One moment for all of the request, as it will have when it is told again.
        with self._clock.as_of(at), seeded(seed):
            answer = go_on(call)
        if answer.status < 300:
            self._append(_line_of(call, at, seed))
        return answer

    def note_control(self, method: str, path: str, content: dict[str, Any]) -> None:
        """Write down a change made through the control API; a change of the clock as the time it has led to."""
        now = self._clock.now().isoformat()
        if path == "reset":
            self.start([])
        elif path == "clock":
            self._append({"at": now, "clock": self._clock.state()})
        elif path != "requests":
            self._append({"at": now, "control": [method, path], "content": content})

    def read(self) -> list[Line]:
        """The lines of the file, compacted; a line that is not whole is left out."""
        if not self._path.exists():
            return []
        lines: list[Line] = []
        for number, text in enumerate(self._path.read_text(errors="replace").splitlines(), 1):
            try:
                line = json.loads(text)
                datetime.fromisoformat(line["at"])
            except (ValueError, KeyError, TypeError):
                logger.warning("%s: line %d is not whole and is left out", self._path, number)
            else:
                lines.append(line)
        return compacted(lines)

    def start(self, lines: Iterable[Line]) -> None:
        """Begin the file anew with these lines, and write to it from now on."""
        if self._file:
            self._file.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text("".join(json.dumps(line) + "\n" for line in lines))
        fresh.replace(self._path)
        self._file = self._path.open("a")

    def replay(self, call: Call, seed: str, answer: Next) -> Answer:
        """Have a request of the journal answered, with the ids it had."""
        self._seed = seed
        try:
            return answer(call)
        finally:
            self._seed = None

    def _append(self, line: Line) -> None:
        # While the journal is told again the file is not open yet.
        if self._file:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def _only_passes(call: Call) -> bool:
    return call.service in PASSING and call.action.startswith(PASSING[call.service])


def _line_of(call: Call, at: datetime, seed: str) -> Line:
    environ = call.environ
    headers = {
        name: value
        for name, value in environ.items()
        if (name.startswith("HTTP_") or name == "CONTENT_TYPE") and name not in LEFT_OUT and isinstance(value, str)
    }
    line: Line = {
        "at": at.isoformat(),
        "seed": seed,
        "account": call.account,
        "method": environ["REQUEST_METHOD"],
        "uri": environ.get("RAW_URI") or environ["PATH_INFO"],
        "headers": headers,
    }
    try:
        line["body"] = call.body.decode()
    except UnicodeDecodeError:
        line["base64"] = base64.b64encode(call.body).decode()
    if call.service == "cloudformation" and "StackName" in call.form:
        name = call.form["StackName"]
        line["stack"] = [call.account, call.region, name.split("/")[1] if name.startswith("arn:") else name]
        line["action"] = call.action
        line["token"] = call.form.get("ClientRequestToken")
    return line


def call_of(line: Line) -> Call:
    """The call a line was written from."""
    path, _, query = line["uri"].partition("?")
    body = base64.b64decode(line["base64"]) if "base64" in line else line["body"].encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": line["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": line["uri"],
        "REQUEST_URI": line["uri"],
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_MOTO_ACCOUNT_ID": line["account"],
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **line["headers"],
    }
    return Call.read(environ)


def compacted(lines: list[Line]) -> list[Line]:
    """The lines without those of stacks that were made anew since.

    A stack can only be created when the former one of its name was deleted: all that was done to the former one (also
    what another request did to its resources, which then fails when told again) no longer matters.
    """
    newest: dict[tuple[str, ...], int] = {}
    tokens: dict[tuple[str, ...], str | None] = {}
    for index, line in enumerate(lines):
        if line.get("action") != "CreateStack":
            continue
        stack = tuple(line["stack"])
        if stack not in newest or line["token"] is None or tokens[stack] != line["token"]:
            newest[stack], tokens[stack] = index, line["token"]
    said: dict[str, Line] = {}
    kept = []
    for index, line in enumerate(lines):
        if "stack" in line and index < newest.get(tuple(line["stack"]), 0):
            continue
        path = line["control"][1] if "control" in line else None
        if path in SAID_ONCE:
            if said.get(path) == line["content"]:
                continue
            said[path] = line["content"]
        kept.append(line)
    return kept
