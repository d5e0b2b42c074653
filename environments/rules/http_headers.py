"""Headers as people type them: one a line, “Name: value”."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from environments.rules.errors import RuleError

# RFC 9110, 5.6.2.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OURS: Final = frozenset({"connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect"})
"""They say how an answer travels, and are written by who asks."""
MASK: Final = "••••••••"
MOST: Final = 30


def parse_headers(
    text: str, *, field: str = "headers", stored: Mapping[str, str] | None = None, moved: bool = False
) -> dict[str, str]:
    """The headers; `stored` are secret ones, whose values stay where the mask stands in their place, unless they would
    be shown to another server than before (`moved`).

    Raises RuleError naming the line that is no header.
    """
    kept = {name.lower(): value for name, value in (stored or {}).items()}
    found: dict[str, str] = {}
    for line in (line.strip() for line in text.splitlines()):
        if not line:
            continue
        name, colon, value = (part.strip() for part in line.partition(":"))
        # A line without a colon may be all secret.
        shown = (name if colon else "…") if stored is not None else line
        if not colon or not _NAME.fullmatch(name):
            raise _refused(
                field, shown, "is no header; write “Name: value”.", "은(는) 헤더가 아니에요. “이름: 값”처럼 쓰세요."
            )
        if name.lower() in OURS:
            raise _refused(field, name, "is set by the portal itself.", "은(는) 포털이 직접 정해요.")
        if name.lower() in {other.lower() for other in found}:
            raise _refused(field, name, "is there twice.", "이(가) 두 번 있어요.")
        if stored is not None and value == MASK:
            value = _stored(field, name, kept, moved)
        if not value or any(ord(letter) < 32 or ord(letter) > 255 or ord(letter) == 127 for letter in value):
            raise _refused(
                field, name, "needs a value of plain letters and signs.", "의 값은 일반 문자와 기호로 써야 해요."
            )
        found[name] = value
    if len(found) > MOST:
        raise _refused(
            field, str(len(found)), f"are too many; {MOST} is the most.", f"개는 너무 많아요. {MOST}개까지예요."
        )
    return found


def _stored(field: str, name: str, kept: Mapping[str, str], moved: bool) -> str:
    """The value behind the mask."""
    if name.lower() not in kept:
        raise _refused(field, name, "has no stored value; enter it.", "의 저장된 값이 없어요. 값을 입력하세요.")
    if moved:
        raise _refused(
            field,
            name,
            "must be entered again: the address leads to another server, which must not be shown the stored value.",
            "의 값을 다시 입력하세요. 주소가 다른 서버로 바뀌어서, 저장된 값을 보여 줄 수 없어요.",
        )
    return kept[name.lower()]


def masked(headers: Mapping[str, str]) -> str:
    """The names of secret headers, a line each, with the mask for their values."""
    return "\n".join(f"{name}: {MASK}" for name in headers)


def _refused(field: str, part: str, en: str, ko: str) -> RuleError:
    return RuleError(field, part, f"“{part}” {en}", f"“{part}”{ko}")
