"""What somebody types on the server, and what they see."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from environments.management.commands.env import Command


@dataclass(frozen=True)
class Seen:
    """What was printed, what was complained of, and the exit code."""

    out: str
    err: str
    code: int

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def env(*typed: str, by: str | None = "manager", answer: str = "", pause: Any = None, **more: Any) -> Seen:
    """`manage.py env …` as `by`; `answer` is typed at the keyboard. A refusal is what `manage.py` would print."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    command = Command(stdout=out, stderr=err, **({"pause": pause} if pause else {}))
    who = ["--as", by] if by is not None else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(answer))
        try:
            call_command(command, *typed, *who, **more)
        except CommandError as refused:
            err.write(str(refused))
            code = refused.returncode
    return Seen(out.getvalue(), err.getvalue(), code)


def told(*typed: str, by: str = "manager") -> Any:
    """What a program is told."""
    seen = env(*typed, "--json", by=by)
    assert seen.code == 0, seen.err
    return json.loads(seen.out)
