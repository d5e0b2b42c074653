"""A message in Slack after one of its buttons was pressed: as Slack hands it to us, without what is done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notifications.senders import colours, slack_blocks
from notifications.senders.lengths import clip

Spent = Callable[[str, str], bool]
"""Whether a button of this value or address is done with."""
_KEPT = ("type", "action_id", "text", "value", "url", "style")


def redrawn(message: Mapping[str, Any], spent: Spent, outcome: str) -> dict[str, object]:
    """What replaces the message: all of it but the buttons that are spent, with what was done below it, in green."""
    text = str(message.get("text") or outcome)
    attachments = _listed(message, "attachments")
    blocks = [block for one in attachments for block in _listed(one, "blocks")]
    left = [kept for block in blocks if (kept := _without(block, spent)) is not None]
    said = {"type": "section", "text": slack_blocks.plain(clip(outcome, slack_blocks.SECTION))}
    return {
        "replace_original": True,
        "text": text,
        "mrkdwn": False,
        "attachments": [{"color": colours.code("success"), "fallback": outcome, "blocks": [*left[:49], said]}],
    }


def _without(block: Mapping[str, Any], spent: Spent) -> dict[str, Any] | None:
    """The block as Slack takes it back; None where nothing of it is left."""
    if block.get("type") != "actions":
        return {name: value for name, value in block.items() if name != "block_id"}
    left = [
        {name: one[name] for name in _KEPT if name in one}
        for one in _listed(block, "elements")
        if not spent(str(one.get("value") or ""), str(one.get("url") or ""))
    ]
    return {"type": "actions", "elements": left} if left else None


def _listed(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = of.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
