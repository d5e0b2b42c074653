"""boto3 as the portal uses it, its own tries included, without the real time that they take."""

from __future__ import annotations

import threading
import time
from functools import cache

import botocore.endpoint
import botocore.loaders
import botocore.retries.bucket
import botocore.session
import pytest


class _Time:
    """In the place of `time`: who sleeps goes on at once, and it is later."""

    def __init__(self) -> None:
        self._slept = 0.0

    def time(self) -> float:
        return time.time() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


class _Threading:
    """In the place of `threading` where a client waits for its turn at the rate that it keeps to."""

    Lock = staticmethod(threading.Lock)

    def __init__(self, clock: _Time) -> None:
        class Condition(threading.Condition):
            def wait(self, timeout: float | None = None) -> bool:
                clock.sleep(timeout or 0.0)
                return False

        self.Condition = Condition


def hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients made from here on try as often as ever and slow down as ever when they are throttled, in no real time.

    Descriptions of services are read once a process: clients are made anew for each story.
    """
    clock = _Time()
    monkeypatch.setattr(botocore.endpoint, "time", clock)
    monkeypatch.setattr(botocore.retries.bucket, "time", clock)
    monkeypatch.setattr(botocore.retries.bucket, "threading", _Threading(clock))
    monkeypatch.setattr(botocore.session, "create_loader", _loader)


@cache
def _loader(search_path: str | None = None) -> botocore.loaders.Loader:
    return botocore.loaders.create_loader(search_path)
