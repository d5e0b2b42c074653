"""Who sent a call of Discord: Ed25519 over the timestamp and the body, by an application's public key. Pure.

https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint (checked 2026-11-21). Discord sends
calls with wrong signatures on purpose and expects 401 for them.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def is_of_discord(public_key: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether the application of this public key (64 hexadecimal digits) has signed it. False also for a key or a
    signature that is none. Says nothing of its age."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(given), timestamp.encode() + body)
    except (InvalidSignature, ValueError):
        return False
    return True
