"""Texts within the limits of a medium, whatever it counts: characters, bytes, UTF-16 units."""

from collections.abc import Callable

from notifications.masking import ELLIPSIS


def clip(text: str, limit: int, length: Callable[[str], int] = len, end: str = ELLIPSIS) -> str:
    """`text` if it is no longer than `limit`, else its longest beginning that fits together with `end`; "" where not
    even `end` fits. `length` grows with the text, and is that of a whole text: never half a character is left."""
    if length(text) <= limit:
        return text
    if length(end) > limit:
        return ""
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if length(text[:middle].rstrip() + end) <= limit:
            fits = middle
        else:
            too_long = middle
    return text[:fits].rstrip() + end


def utf8(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))
