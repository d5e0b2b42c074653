"""Somebody's own program: it checks the signature, and takes a message once."""

import hashlib
import hmac
import time

from .server import Handler, Receiver

SECRET = "h" * 30 + "SECRET"


class Webhook(Receiver):
    def take(self, request: Handler) -> None:
        """204; 401 for a signature that is wrong or old, 400 without an idempotency key."""
        timestamp = request.headers["X-Daybreak-Timestamp"]
        digest = hmac.new(SECRET.encode(), timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        if request.headers["X-Daybreak-Signature"] != f"sha256={digest}" or abs(time.time() - int(timestamp)) > 300:
            request.answer(401)
        elif not request.headers["Idempotency-Key"]:
            request.answer(400)
        else:
            said = request.json()
            if said["id"] not in [one["id"] for one in self.taken]:
                self.taken.append(said)
            request.answer(204)


class AnyJson(Receiver):
    """Takes all JSON: what Apprise calls json://."""

    def take(self, request: Handler) -> None:
        self.taken.append(request.json())
        request.answer(200)
