"""Naver Cloud SENS: the signature is checked as its guide says, then the limits in bytes of EUC-KR."""

import base64
import hashlib
import hmac
import time
from typing import Any

from .server import Handler, Receiver

SERVICE = "ncp:sms:kr:123456789012:daybreak"
ACCESS_KEY = "AbCdEfGhIjKlMnOpSECRET"
SECRET_KEY = "k" * 34 + "SECRET"
SENDER = "0212345678"


class Sens(Receiver):
    def take(self, request: Handler) -> None:
        """202 with an id for what it takes; errors repeat what was sent."""
        said = request.json()
        if request.path != f"/sms/v2/services/{SERVICE}/messages":
            request.answer(404, {"status": 404, "error": "Not Found", "message": request.path})
        elif not signed(request):
            request.answer(401, {"error": {"errorCode": "200", "message": f"Authentication Failed {ACCESS_KEY}"}})
        elif found := wrong(said):
            request.answer(400, {"status": 400, "errors": [found], "errorMessage": str(said)})
        else:
            self.taken.append(said)
            request.answer(202, {"requestId": f"VORSSA-{len(self.taken)}", "statusCode": "202"})


def refused_inside(request: Handler) -> None:
    """The request is taken, the message is not: its body says so."""
    request.answer(202, {"requestId": "VORSSA-1", "statusCode": "404", "statusName": f"fail {ACCESS_KEY}"})


def signed(request: Handler) -> bool:
    """Whether the signature is right, and no older than five minutes."""
    timestamp = request.headers["x-ncp-apigw-timestamp"]
    message = f"POST {request.path}\n{timestamp}\n{ACCESS_KEY}"
    expected = base64.b64encode(hmac.new(SECRET_KEY.encode(), message.encode(), hashlib.sha256).digest()).decode()
    return (
        request.headers["x-ncp-iam-access-key"] == ACCESS_KEY
        and request.headers["x-ncp-apigw-signature-v2"] == expected
        and abs(time.time() * 1000 - int(timestamp)) < 5 * 60_000
    )


def wrong(said: dict[str, Any]) -> str:
    """What SENS would refuse, or cut; "" when all is right."""
    limit = {"SMS": 90, "LMS": 2000}[said["type"]]
    try:
        content, subject = said["content"].encode("euc_kr"), said.get("subject", "").encode("euc_kr")
    except UnicodeEncodeError:
        return "unsupported character"
    if said["from"] != SENDER or said["countryCode"] != "82" or said["contentType"] != "COMM":
        return "from"
    if not 0 < len(content) <= limit or len(subject) > 40 or bool(subject) is (said["type"] == "SMS"):
        return "length"
    if any(not one["to"].isdecimal() for one in said["messages"]) or not 0 < len(said["messages"]) <= 100:
        return "to"
    return ""
