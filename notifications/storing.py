"""What came in as databases can keep it."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Final

LONGEST_KEY: Final = 200


def fitting(key: str) -> str:
    """The key, or the digest of one that is too long for its column."""
    key = _clean(key)
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def storable(value: Any) -> Any:
    """JSON's value without NUL, half characters and infinities: they are replaced."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {_clean(str(name)): storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _clean(text: str) -> str:
    """PostgreSQL's jsonb refuses NUL and halves of surrogate pairs, which JSON from outside may hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
