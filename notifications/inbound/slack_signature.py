"""Who sent a call of Slack: the signature that Slack makes with an app's signing secret. Pure.

https://docs.slack.dev/authentication/verifying-requests-from-slack (checked 2026-11-21)
"""

import hashlib
import hmac


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack writes into X-Slack-Signature: “v0=” and the HMAC-SHA256, in hexadecimal digits, of “v0:”, the
    timestamp as it is sent, a colon and the body as it is sent."""
    signed = hmac.new(secret.encode(), b"v0:" + timestamp.encode("utf-8", "replace") + b":" + body, hashlib.sha256)
    return f"v0={signed.hexdigest()}"


def is_of_slack(secret: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether Slack has signed it for the app of this secret. Says nothing of its age.

    Takes as long for a wrong signature as for a right one. Nothing is signed with an empty secret.
    """
    wanted = signature(secret, timestamp, body)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")) and bool(secret)
