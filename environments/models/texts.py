"""Text kept in both languages of the portal, chosen when it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language


def in_language(texts: Mapping[str, str] | None, language: str | None = None) -> str:
    """Return the text for `language` (the reader's by default); English, then any, where it is missing.

    What people type exists in one language only and is stored under `""`.
    """
    if not texts:
        return ""
    wanted = (language or get_language() or "en").split("-")[0]
    return texts.get(wanted) or texts.get("") or texts.get("en") or next(iter(texts.values()))
