"""Text as Korean text messages carry it: EUC-KR, two bytes a Korean letter.

SENS refuses what EUC-KR lacks (emoji), and cuts what is too long; so both are settled here.
"""

import unicodedata
from functools import cache
from typing import Final

INSTEAD: Final = {"–": "-", "—": "-", "₩": "￦", "•": "·", "✓": "v", "\u00a0": " ", "\u200b": "", "\ufe0f": ""}
LACKING: Final = "?"
END: Final = ".."
"""In the place of an ellipsis, which many phones show as a box."""


def fitting(text: str) -> str:
    """`text` without what EUC-KR lacks: something that looks alike, its letter without accents, else a question
    mark."""
    return "".join(map(_instead, unicodedata.normalize("NFC", text)))


def length(text: str) -> int:
    """Bytes in EUC-KR."""
    return len(text.encode("euc_kr", "replace"))


@cache
def _instead(letter: str) -> str:
    if _has(letter):
        return letter
    if letter in INSTEAD:
        return INSTEAD[letter]
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    # A Korean syllable that it lacks would fall apart into its letters.
    return plain if plain and not "가" <= letter <= "힣" and all(map(_has, plain)) else LACKING


def _has(letter: str) -> bool:
    """Python also writes syllables that EUC-KR lacks, as eight bytes that no phone reads."""
    try:
        return len(letter.encode("euc_kr")) <= 2
    except UnicodeEncodeError:
        return False
