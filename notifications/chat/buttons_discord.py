"""A message in Discord after one of its buttons was pressed: as Discord hands it to us, without what is done. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from notifications.senders import colours
from notifications.senders.discord import FIELD_VALUE, NO_NAME, clip, escape

Spent = Callable[[str, str], bool]
"""Whether a button that carries this, or a link to this address, is done with."""
_KEPT: Final = ("title", "description", "url", "timestamp", "footer")
_LINK: Final = re.compile(r"\]\((?P<url>https?://[^)\s]+)\)\s*$")


def redrawn(message: Mapping[str, Any], spent: Spent, outcome: str) -> dict[str, object]:
    """What replaces the message: all of it but the buttons and links that are spent, with what was done below it, in
    green."""
    embeds = _listed(message, "embeds")
    first = embeds[0] if embeds else {}
    embed: dict[str, object] = {name: first[name] for name in _KEPT if name in first}
    if isinstance(first.get("footer"), dict):
        embed["footer"] = {"text": str(first["footer"].get("text") or "")}
    fields = [left for one in _listed(first, "fields") if (left := _field(one, spent)) is not None]
    # Twenty-five at most, and an empty name is refused.
    fields = [*fields[:24], {"name": NO_NAME, "value": clip(escape(outcome), FIELD_VALUE), "inline": False}]
    return {
        "embeds": [{**embed, "color": colours.number("success"), "fields": fields}],
        "components": _rows(message, spent),
        "allowed_mentions": {"parse": []},
    }


def _field(field: Mapping[str, Any], spent: Spent) -> dict[str, Any] | None:
    """A field without its lines that are links to what is done; None where nothing is left."""
    value = str(field.get("value") or "")
    lines = [line for line in value.split("\n") if not _is_spent_link(line, spent)]
    if not lines:
        return None
    return {"name": field.get("name") or NO_NAME, "value": "\n".join(lines), "inline": bool(field.get("inline"))}


def _is_spent_link(line: str, spent: Spent) -> bool:
    found = _LINK.search(line)
    return found is not None and spent("", found["url"].replace("%29", ")"))


def _rows(message: Mapping[str, Any], spent: Spent) -> list[dict[str, Any]]:
    rows = []
    for row in _listed(message, "components"):
        buttons = [
            {name: value for name, value in button.items() if name != "id"}
            for button in _listed(row, "components")
            if not spent(str(button.get("custom_id") or ""), str(button.get("url") or ""))
        ]
        if buttons:
            rows.append({"type": 1, "components": buttons})
    return rows


def _listed(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = of.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
