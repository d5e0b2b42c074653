"""Discord's API, as far as a bot writes by it: conversations, messages, follow-ups by an interaction's token, commands.

Facts: "Create DM", "Create Message", "Create Followup Message", "Edit Original Interaction Response", "Bulk Overwrite
Global Application Commands" (checked 2026-11-22).
"""

from __future__ import annotations

import json
from typing import Any

from tests.notifications.discord_server import too_much

from .server import Handler, Receiver

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ." + "t" * 20 + "SECRET"
APPLICATION, CHANNEL, PERSON, CONVERSATION = (
    "197038439483310086",
    "197038439483310087",
    "80351110224678912",
    "197038439483310099",
)
INTERACTION = "aW50ZXJhY3Rpb24" + "i" * 40 + "SECRET"


class DiscordApi(Receiver):
    """Knows one channel, one person, and one interaction. `taken` are messages; `conversations` counts how often one
    was opened; `edited` and `commands` are what became of those."""

    def __init__(self) -> None:
        super().__init__()
        self.conversations = 0
        self.edited: list[dict[str, Any]] = []
        self.commands: list[tuple[str, Any]] = []
        self.expired = False
        self.closed: dict[str, Any] | None = None

    def is_scripted(self, request: Handler) -> bool:
        return request.path != "/users/@me/channels"

    def take(self, request: Handler) -> None:
        by_token = f"/webhooks/{APPLICATION}/{INTERACTION}"
        if request.path in (by_token, f"{by_token}/messages/@original"):
            self._by_token(request)
        elif request.headers.get("Authorization") != f"Bot {TOKEN}":
            request.answer(401, {"message": "401: Unauthorized", "code": 0})
        elif request.path == "/users/@me/channels":
            self._open(request)
        elif request.path in (f"/channels/{CHANNEL}/messages", f"/channels/{CONVERSATION}/messages"):
            self._message(request)
        elif request.path.startswith(f"/applications/{APPLICATION}/") and request.command == "PUT":
            self.commands.append((request.path, json.loads(request.body)))
            request.answer(200, request.body)
        else:
            request.answer(404, {"message": "Unknown Channel", "code": 10003})

    def _open(self, request: Handler) -> None:
        if self.closed is not None:
            request.answer(400 if self.closed.get("code") == 50033 else 403, self.closed)
        elif request.json().get("recipient_id") != PERSON:
            request.answer(400, {"message": "Invalid Recipient(s)", "code": 50033})
        else:
            self.conversations += 1
            request.answer(200, {"id": CONVERSATION, "type": 1})

    def _message(self, request: Handler) -> None:
        if found := wrong(request.json()):
            request.answer(400, {"message": "Invalid Form Body", "code": 50035, "errors": found})
            return
        self.taken.append({"path": request.path, **request.json()})
        request.answer(200, {"id": str(1_100_000_000_000_000_000 + len(self.taken))})

    def _by_token(self, request: Handler) -> None:
        if self.expired:
            request.answer(401, {"message": "Invalid Webhook Token", "code": 50027})
        elif found := wrong(request.json()):
            request.answer(400, {"message": "Invalid Form Body", "code": 50035, "errors": found})
        elif request.command == "PATCH":
            self.edited.append(request.json())
            request.answer(200, {"id": "1"})
        else:
            self._message(request)


def wrong(payload: dict[str, Any]) -> str:
    """What is over the documented limits; "" when all is right."""
    rows = payload.get("components", [])
    buttons = [button for row in rows for button in row["components"]]
    ids = [button["custom_id"] for button in buttons if "custom_id" in button]
    if len(rows) > 5 or any(row["type"] != 1 or not 0 < len(row["components"]) <= 5 for row in rows):
        return "rows"
    if len(set(ids)) != len(ids) or any(not 0 < len(one) <= 100 for one in ids):
        return "custom_id"
    if any(not 0 < len(one["label"].encode("utf-16-le")) // 2 <= 80 for one in buttons):
        return "label"
    if any(one["style"] not in (1, 2, 3, 4) for one in buttons if "custom_id" in one):
        return "style"
    return too_much(payload)
