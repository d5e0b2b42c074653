"""Waiting for what happens in another thread or process: by looking, never by sleeping a guessed time."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    """Return as soon as the condition holds. Raises AssertionError when it does not within `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not so within {within_s:g} seconds"
        time.sleep(0.02)
