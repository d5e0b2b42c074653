"""Commands in what the bot says: marked where they are written, drawn by each platform as one types them there.

“To do it, type ⁨chat-dev extend 2h⁩”: what stands between the marks (U+2068 and U+2069) is a command in the bot's one
grammar, without a keyword. No mark is left in what people read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

BEGIN, END = "\u2068", "\u2069"
_MARKED: Final = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
_MARKS: Final = str.maketrans("", "", BEGIN + END)


def marked(command: str) -> str:
    """The command as it is written into a text."""
    return f"{BEGIN}{unmarked(command)}{END}"


def unmarked(text: str) -> str:
    """The text with its commands as plain words."""
    return text.translate(_MARKS)


def drawn(text: str, types: Callable[[str], str]) -> str:
    """The text with each command as `types` writes it, and without marks."""
    return unmarked(_MARKED.sub(lambda found: types(found[1]), text))


def behind(keyword: str) -> Callable[[str], str]:
    """Commands as one types them behind a keyword: “/서버 상태”."""
    return lambda command: f"{keyword} {command}".strip()
