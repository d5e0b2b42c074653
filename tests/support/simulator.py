"""The simulated AWS for tests: a process of its own, reached by boto3 over HTTP as AWS would be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config

REGION = "ap-northeast-2"
ACCOUNT = "123456789012"
START_WITHIN_S = 60
ACCESS_KEY = "AKIATESTTESTTESTTEST"


class SimulatorError(AssertionError):
    """The simulator refused a control request, or did not start."""


class Simulator:
    """A running simulator. Resources are kept until `reset`; the clock runs until `freeze`."""

    def __init__(self, *arguments: str) -> None:
        """Start a process on a free port and wait until it listens; it ends with this one, or with `stop`."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "portal.simulator", "--port", "0", "--parent", str(os.getpid()), *arguments],
            cwd=Path(__file__).resolve().parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        given_up = threading.Timer(START_WITHIN_S, self._process.kill)
        given_up.start()
        line = self._process.stdout.readline()
        given_up.cancel()
        if not line.startswith("simulator ready "):
            raise SimulatorError(f"the simulator did not start: {line!r}, exit code {self._process.wait()}")
        self.url = line.split()[-1]
        self._clients: dict[tuple[str, str, str | None, int, float], Any] = {}

    def stop(self) -> int:
        """End the process and give its exit code."""
        self._process.terminate()
        code = self._process.wait(timeout=10)
        if self._process.stdout:
            self._process.stdout.close()
        return code

    # -- state ---------------------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget all resources, calls, failures, faults and roles; real time again; stacks take no time."""
        self.control("POST", "reset")

    def seed_reference(self) -> None:
        """Fill in the chat application: templates in S3, images in ECR, the portal's role."""
        self.control("POST", "seed", name="reference")

    def set_seconds(self, seconds: float | None, stack: str | None = None) -> None:
        """What the creation of a stack takes, nested ones included; deletions take half. Of one stack, when named."""
        self.control("POST", "settings", seconds=seconds, **({"stack": stack} if stack else {}))

    def set_transition_seconds(self, seconds: float) -> None:
        """What EC2 instances, databases and ECS services take from one state to the next (0: no time)."""
        self.control("POST", "settings", transition_seconds=seconds)

    # -- time ----------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("GET", "clock")["now"])

    def freeze(self, moment: datetime | None = None) -> None:
        """Stop the clock: where it stands, or at a moment."""
        self.control("POST", "clock", freeze=True, **({"set": moment.isoformat()} if moment else {}))

    def unfreeze(self) -> None:
        self.control("POST", "clock", freeze=False)

    def advance(self, seconds: float) -> None:
        """Move the clock, frozen or not, and let all happen that is due by then."""
        self.control("POST", "clock", advance=seconds)

    # -- what happens --------------------------------------------------------------------------------------------------

    def fail_resource(
        self, logical_id: str | None = None, *, resource_type: str | None = None, operation: str = "create",
        reason: str | None = None, stack: str | None = None, times: int | None = 1,
    ) -> None:  # fmt: skip
        """Let a resource fail the next `times` times (None: always) it is created, updated or deleted.

        `stack` is the name of the resource's stack or of that stack's root.
        """
        wanted = {"logical_id": logical_id, "resource_type": resource_type, "operation": operation, "reason": reason,
                  "stack": stack}  # fmt: skip
        self.control("POST", "failures", times=times, **{k: v for k, v in wanted.items() if v is not None})

    def clear_failures(self) -> None:
        self.control("DELETE", "failures")

    def fault(self, kind: str, *, times: int | None = 1, **rule: Any) -> int:
        """Let the next `times` (None: all) AWS calls that match go wrong, and give the number of the rule.

        `kind` is throttle, denied, error (with `code`, perhaps `message`, `status`), reset, timeout, slow (both with
        `seconds` of real time), lost or garbled. What matches is narrowed by `service`, `action`, `account`, `region`;
        `nth` begins at the nth call that matches, `after` lets so many calls of any kind pass first, `probability`
        (with `seed`) strikes some only. docs/simulator.md says more.
        """
        return int(self.control("POST", "faults", kind=kind, times=times, **rule)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The rules as they were planned, used-up ones too: `used`, `matched`, `active` and what they were given."""
        return list(self.control("GET", "faults")["faults"])

    def clear_faults(self, number: int | None = None) -> None:
        """Forget all faults, or one; calls they keep waiting are let go."""
        self.control("DELETE", "faults" if number is None else f"faults?id={number}")

    def register_role(self, arn: str, external_id: str | None = None) -> None:
        """Let this role exist, to be assumed with this external id (None: with any or none)."""
        self.control("POST", "roles", arn=arn, external_id=external_id)

    def requests(self, service: str | None = None, action: str | None = None) -> list[dict[str, Any]]:
        """The AWS calls since the last reset, in order: n, service, action, parameters, account, region, status, at.

        `fault` is the kind of fault that struck it, or None; `done` says whether the action was carried out, even
        when its answer (status 0) never arrived.
        """
        wanted = {"service": service, "action": action}
        found = self.control("GET", "requests?" + urlencode({k: v for k, v in wanted.items() if v}))
        return list(found["requests"])

    def forget_requests(self) -> None:
        self.control("DELETE", "requests")

    # -- access --------------------------------------------------------------------------------------------------------

    def client(
        self, service: str, region: str = REGION, account: str | None = None, *, attempts: int = 1,
        patience_s: float = 60,
    ) -> Any:  # fmt: skip
        """A boto3 client with fake credentials. `account` puts it into that account, without a role.

        It tries each call `attempts` times (once: never again) and waits `patience_s` real seconds for an answer.
        Clients are made once for each set of these.
        """
        key = (service, region, account, attempts, patience_s)
        if key not in self._clients:
            session: Any = boto3.session.Session()
            retries: Any = {"total_max_attempts": attempts, "mode": "standard"}
            client = session.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                config=Config(retries=retries, read_timeout=patience_s, s3={"addressing_style": "path"}),
                aws_access_key_id=ACCESS_KEY,
                aws_secret_access_key="secret",
            )
            if account:
                client.meta.events.register(
                    "before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account)
                )
            self._clients[key] = client
        return self._clients[key]

    def environment(self) -> dict[str, str]:
        """The environment variables that point a program's boto3 at this simulator."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": REGION,
        }

    def control(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """One call of the control API. Raises SimulatorError with its words when it refuses."""
        body = json.dumps(content).encode() if content else None
        request = urllib.request.Request(f"{self.url}/_simulator/{path}", data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise SimulatorError(f"{method} {path}: {error.read().decode()}") from error


def simulator_session() -> Iterator[Simulator]:
    """One simulator for a whole test session (under pytest-xdist: for each worker). To be yielded from by a fixture."""
    simulator = Simulator()
    try:
        yield simulator
    finally:
        simulator.stop()
