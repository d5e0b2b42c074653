"""Secrets at rest: Fernet (AES-128-CBC with HMAC-SHA256, authenticated) of the `cryptography` package.

Keys come from `settings.FIELD_ENCRYPTION_KEYS`: the first one writes, all of them read, so a key is rotated by putting
a new one in front, running `manage.py reencrypt`, and removing the old one. Without that setting a key derived from
SECRET_KEY is used, and it goes on reading afterwards, so that moving to keys of one's own needs no migration.

`django-fernet-encrypted-fields` was weighed and left: its keys are always mixed with SECRET_KEY, it cannot take a plain
list of Fernet keys, and a value that cannot be read raises while a list page loads.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"daybreak/notifications/config/v1"


class UnreadableError(Exception):
    """The stored value was not written with any of the present keys, or was altered."""


def encrypt(plain: str) -> str:
    """The text sealed with the first key, as URL-safe ASCII. Never the same twice: a random IV is part of it."""
    return _keys().encrypt(plain.encode()).decode("ascii")


def decrypt(sealed: str) -> str:
    """The text that `encrypt` sealed. Raises `UnreadableError`; its message never contains the value."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnreadableError("not readable with the present keys") from None


def configured_keys() -> list[str]:
    """The keys of the settings, unchecked (the system check looks at each)."""
    return list(getattr(settings, "FIELD_ENCRYPTION_KEYS", None) or [])


def _keys() -> MultiFernet:
    derived_from = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _assemble(tuple(configured_keys()), tuple(str(secret) for secret in derived_from))


@lru_cache(maxsize=8)
def _assemble(keys: tuple[str, ...], secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([*(Fernet(key) for key in keys), *(Fernet(_derive(secret)) for secret in secrets)])


def _derive(secret: str) -> bytes:
    """A Fernet key from a secret of high entropy (HKDF, RFC 5869: no stretching, which Django's SECRET_KEY does not
    need).
    """
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(hkdf.derive(secret.encode()))
