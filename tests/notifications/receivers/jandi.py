"""JANDI's Incoming Webhook: its header, its fields, its codes."""

import re
from typing import Any
from urllib.parse import urlsplit

from .server import Handler, Receiver

PATH = "/connect-api/webhook/12345678/" + "j" * 20 + "SECRET"


class Jandi(Receiver):
    def take(self, request: Handler) -> None:
        """200 with what it took; 400 with a code, and an echo of what was wrong."""
        if urlsplit(request.path).path != PATH:
            request.answer(400, {"code": 40051, "msg": f"Invalid token {request.path}"})
        elif request.headers["Accept"] != "application/vnd.tosslab.jandi-v2+json" or wrong(request.json()):
            request.answer(400, {"code": 40000, "msg": f"Invalid payload {request.body.decode()}"})
        else:
            self.taken.append(request.json())
            request.answer(200, {"connectType": "incoming"})


def wrong(said: dict[str, Any]) -> str:
    """What JANDI would refuse; "" when all is right."""
    if not said.get("body") or not re.fullmatch(r"#[0-9A-F]{6}", said.get("connectColor", "")):
        return "body or colour"
    info = said.get("connectInfo", [])
    texts = [said["body"], *(text for one in info for text in one.values())]
    if any(not one for one in info) or sum(map(len, texts)) > 5000:
        return "length"
    return ""
