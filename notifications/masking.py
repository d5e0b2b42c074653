"""How secrets look when they must be shown: enough to tell two of them apart, never enough to use one."""

from collections.abc import Iterable
from urllib.parse import urlsplit

ELLIPSIS = "…"
_LONG_ENOUGH = 12
"""Below this length even four characters would give away too much."""


def mask(secret: str) -> str:
    """The last four characters of a long secret, nothing of a short one."""
    if not secret:
        return ""
    return ELLIPSIS + (secret[-4:] if len(secret) >= _LONG_ENOUGH else "")


def mask_url(url: str, *, keep: int) -> str:
    """The address with its host and its first `keep` path parts; the rest, where the secret is, masked as one."""
    if not url:
        return ""
    parts = urlsplit(url)
    if not parts.hostname:
        return mask(url)
    path = [part for part in parts.path.split("/") if part]
    # The host alone, not the netloc: that may hold a name and a password.
    shown = "/".join([parts.hostname, *path[:keep]])
    return f"{parts.scheme}://{shown}/{mask(''.join(path[keep:]))}"


def scrub(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it masked: also the path and the last path part of one that is an address."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, mask(form))
    return text


def _forms(secret: str) -> Iterable[str]:
    if not secret:
        return
    yield secret
    if "://" not in secret:
        return
    parts = urlsplit(secret)
    if len(parts.path) > 1:
        yield parts.path
    last = parts.path.rstrip("/").rsplit("/", 1)[-1]
    if len(last) >= _LONG_ENOUGH:
        yield last
    if parts.password:
        yield parts.password
