"""Commands in what Slack shows: as code, in the sections that have any; everything else stays plain text. Pure.

Facts: Slack's "Formatting text for app surfaces" (checked 2026-11-22): in `mrkdwn`, only & < > are escaped, and text
between grave accents is code. `verbatim` leaves addresses and channel names as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from notifications.senders.slack_blocks import FIELD, SECTION

# Private characters: they stand for a command while a message is drawn, and never leave here.
_BEGIN, _END = "\ue068", "\ue069"
_CODE: Final = re.compile(f"{_BEGIN}([^{_BEGIN}{_END}]*){_END}")
_MARKS: Final = str.maketrans("", "", _BEGIN + _END)
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_UNESCAPED: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def code(command: str) -> str:
    """A command that `shown` will find again."""
    return f"{_BEGIN}{command.translate(_MARKS).replace('`', chr(0x27))}{_END}"


def shown(payload: dict[str, object]) -> dict[str, object]:
    """The payload with its commands as code where Slack shows code, and as plain words elsewhere."""
    found: dict[str, object] = _shown(payload, "")
    return found


def unescaped(text: str) -> str:
    """What was typed: Slack escapes these three characters in the text of a command, and no others."""
    for entity, character in _UNESCAPED:
        text = text.replace(entity, character)
    return text


def _shown(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return value.translate(_MARKS)
    if isinstance(value, list):
        return [_shown(part, kind) for part in value]
    if not isinstance(value, Mapping):
        return value
    if kind == "section" and value.get("type") == "plain_text" and _CODE.search(value["text"]):
        return _as_markdown(value)
    if value.get("type") == "section":
        kind = "section"
    return {name: _shown(part, kind) for name, part in value.items()}


def _as_markdown(text: Mapping[str, Any]) -> dict[str, Any]:
    said = _CODE.sub(r"`\1`", text["text"].translate(_ESCAPED)).translate(_MARKS)
    if len(said) > min(FIELD, SECTION):
        # Escaped, it may be longer than Slack takes.
        return {**text, "text": text["text"].translate(_MARKS)}
    return {"type": "mrkdwn", "text": said, "verbatim": True}
