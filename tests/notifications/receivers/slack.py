"""Slack: an incoming webhook, and `chat.postMessage` of the Web API, with the limits of Block Kit."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from .server import Handler, Receiver

TOKEN = "xoxb-1-2-" + "s" * 30 + "SECRET"
PATH = "/services/T012/B345/" + "w" * 20 + "SECRET"


class SlackWebhook(Receiver):
    def take(self, request: Handler) -> None:
        """ "ok", or the code of what is wrong, as plain text."""
        if urlsplit(request.path).path != PATH:
            request.answer(404, "no_service")
        elif wrong(request.json()):
            request.answer(400, "invalid_payload")
        else:
            self.taken.append(request.json())
            request.answer(200, "ok")


class SlackApi(Receiver):
    """Knows the channel C012AB3CD and the member U012AB3CD. `responses` are what came to a `response_url`; `users` is
    what `users.info` tells of members; `ephemeral` are messages for one person alone."""

    known = ("C012AB3CD", "U012AB3CD")

    def __init__(self) -> None:
        super().__init__()
        self.responses: list[dict[str, Any]] = []
        self.ephemeral: list[dict[str, Any]] = []
        self.users: dict[str, dict[str, Any]] = {}
        self.used_up = False

    @property
    def response_url(self) -> str:
        """One that is good while `used_up` is not set."""
        return f"{self.url}/commands/T0001/1/{'r' * 20}SECRET"

    def take(self, request: Handler) -> None:
        """200 also for what is wrong."""
        parts = urlsplit(request.path)
        if parts.path.startswith("/commands/"):
            self._respond(request)
        elif parts.path == "/users.info":
            self._tell_of(request, parse_qs(parts.query)["user"][0])
        else:
            self._write(request)

    def _respond(self, request: Handler) -> None:
        said = request.json()
        if self.used_up:
            request.answer(404, {"ok": False, "error": "used_url"})
        elif not said.get("delete_original") and wrong(said):
            request.answer(200, {"ok": False, "error": "invalid_blocks"})
        else:
            self.responses.append(said)
            request.answer(200, {"ok": True})

    def _tell_of(self, request: Handler, member: str) -> None:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            request.answer(200, {"ok": False, "error": "invalid_auth"})
        elif member not in self.users:
            request.answer(200, {"ok": False, "error": "user_not_found"})
        else:
            request.answer(200, {"ok": True, "user": {"id": member, **self.users[member]}})

    def _write(self, request: Handler) -> None:
        said = request.json()
        if request.path not in ("/chat.postMessage", "/chat.postEphemeral"):
            request.answer(404, "")
        elif request.headers["Authorization"] != f"Bearer {TOKEN}":
            request.answer(200, {"ok": False, "error": "invalid_auth"})
        elif said.get("channel") not in self.known:
            request.answer(200, {"ok": False, "error": "channel_not_found"})
        elif wrong(said):
            request.answer(200, {"ok": False, "error": "invalid_blocks"})
        elif request.path == "/chat.postEphemeral":
            self.ephemeral.append(said)
            request.answer(200, {"ok": True, "message_ts": "1503435956.000001"})
        else:
            self.taken.append(said)
            request.answer(200, {"ok": True, "channel": said["channel"], "ts": f"1503435956.{len(self.taken):06}"})


def wrong(said: dict[str, Any]) -> str:
    """What is over the documented limits, or not allowed to be empty; "" when all is right."""
    if not said.get("text") or len(said["text"]) > 4000:
        return "text"
    for attachment in said.get("attachments", []):
        blocks = attachment.get("blocks", [])
        if not 0 < len(blocks) <= 50:
            return "blocks"
        for block in blocks:
            if found := _wrong_block(block):
                return found
    return ""


def _does_one_thing(button: dict[str, Any]) -> bool:
    """Leads somewhere or carries something, within the limits of both."""
    if ("url" in button) is ("value" in button) or button.get("style", "danger") != "danger":
        return False
    return 0 < len(button.get("url") or button["value"]) <= (3000 if "url" in button else 2000)


def _wrong_block(block: dict[str, Any]) -> str:
    def over(text: dict[str, Any], limit: int) -> bool:
        return text["type"] not in ("plain_text", "mrkdwn") or not 0 < len(text["text"]) <= limit

    match block["type"]:
        case "section":
            fields = block.get("fields", [])
            if "text" not in block and not fields:
                return "empty section"
            if "text" in block and over(block["text"], 3000):
                return "section text"
            return "fields" if len(fields) > 10 or any(over(field, 2000) for field in fields) else ""
        case "actions":
            elements = block["elements"]
            ids = [element["action_id"] for element in elements]
            if not 0 < len(elements) <= 25 or len(set(ids)) != len(ids):
                return "actions"
            return "button" if any(over(one["text"], 75) or not _does_one_thing(one) for one in elements) else ""
        case "context":
            return "context" if any(over(one, 3000) for one in block["elements"]) else ""
    return "unknown block"
