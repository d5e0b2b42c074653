"""What a target names: one thing by its identifier, or all that carry certain tags (`tag:env=dev,tier=web`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .base import Texts

PREFIX = "tag:"
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
LONGEST_KEY, LONGEST_VALUE = 128, 256


@dataclass(frozen=True, slots=True)
class Selection:
    """Either `name`, or tags that must all be there with these values; `*` is any value."""

    name: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Whether a thing with these tags is meant; never, where one thing was named."""
        return bool(self.tags) and all(key in tags and value in {tags[key], "*"} for key, value in self.tags)


class SelectionError(ValueError):
    """A filter that cannot be read; `texts` says why."""

    def __init__(self, texts: Texts) -> None:
        super().__init__(texts["en"])
        self.texts = texts


def selection(identifier: str) -> Selection:
    """Read an identifier. Raises SelectionError for a filter that cannot be read."""
    if not identifier.startswith(PREFIX):
        return Selection(name=identifier)
    pairs: list[tuple[str, str]] = []
    for part in identifier.removeprefix(PREFIX).split(","):
        key, equals, value = (text.strip() for text in part.partition("="))
        if not (key and equals and value) or len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
            raise SelectionError(_unreadable(part.strip()))
        pairs.append((key, value))
    return Selection(tags=tuple(sorted(pairs)))


def _unreadable(part: str) -> Texts:
    return {
        "en": f"“{part}” is no tag filter. Write tag:Key=Value, several with commas, * for any value.",
        "ko": f"“{part}”은(는) 태그 필터가 아니에요. tag:키=값 형식으로, 여러 개는 쉼표로, 모든 값은 *로 적어 주세요.",
    }
