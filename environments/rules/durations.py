"""Durations in words a person says."""

from __future__ import annotations

from datetime import timedelta

UNITS = {"en": (" d", " h", " min", " s"), "ko": ("일", "시간", "분", "초")}


def spoken(duration: timedelta, language: str) -> str:
    """The two largest parts of a duration: “7 min 19 s”, “2 h 5 min”, “3 d”; in Korean “7분 19초”.

    Rounded to seconds; negative ones are said as zero. Languages the portal does not speak read English.
    """
    seconds = max(0, round(duration.total_seconds()))
    counts = (seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60, seconds % 60)
    units = UNITS.get(language.split("-")[0], UNITS["en"])
    first = next((i for i, count in enumerate(counts) if count), len(counts) - 1)
    parts = [f"{count}{unit}" for count, unit in zip(counts, units, strict=True)][first : first + 2]
    return " ".join(part for i, part in enumerate(parts) if i == 0 or counts[first + i])
