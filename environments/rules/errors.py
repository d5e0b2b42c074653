"""Refusals: what could not be understood, said so that the person who typed it can repair it."""

from __future__ import annotations

from typing import Any


class RuleError(ValueError):
    """An entry that is refused: `field` is the form field, `part` the piece of the entry that is wrong (may be empty).

    `str(error)` is "field: sentence" in English; `text(lang)` the sentence alone, for a form that shows it at the
    field.
    """

    def __init__(self, field: str, part: str, en: str, ko: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.part = part
        self.en = en
        self.ko = ko

    def text(self, lang: str = "en") -> str:
        """The sentence in `lang`: Korean for "ko" and its variants, English for everything else."""
        return self.ko if lang.startswith("ko") else self.en

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.field, self.part, self.en, self.ko)
