"""What is said of a job or a device by what was heard of it. Pure."""

from __future__ import annotations

from datetime import datetime

from environments.rules.wording import when

Texts = dict[str, str]


def fine(zone: str, last: datetime | None, due: datetime, now: datetime) -> Texts:
    due_en, due_ko = (when(due, now, zone, lang) for lang in ("en", "ko"))
    if last is None:
        return {
            "en": f"Not heard of yet; the first is expected by {due_en} ({zone}).",
            "ko": f"아직 소식이 없어요. {due_ko}({zone})까지 첫 소식이 와야 해요.",
        }
    last_en, last_ko = (when(last, now, zone, lang) for lang in ("en", "ko"))
    return {
        "en": f"Heard of at {last_en}; the next is expected by {due_en} ({zone}).",
        "ko": f"{last_ko}에 소식이 왔어요. 다음은 {due_ko}({zone})까지 와야 해요.",
    }


def silent(zone: str, last: datetime | None, due: datetime, now: datetime) -> Texts:
    due_en, due_ko = (when(due, now, zone, lang) for lang in ("en", "ko"))
    if last is None:
        return {
            "en": f"Never heard of; expected by {due_en} ({zone}).",
            "ko": f"소식이 한 번도 없었어요. {due_ko}({zone})까지 왔어야 해요.",
        }
    last_en, last_ko = (when(last, now, zone, lang) for lang in ("en", "ko"))
    return {
        "en": f"Not heard of since {last_en}; expected by {due_en} ({zone}).",
        "ko": f"{last_ko} 이후 소식이 없어요. {due_ko}({zone})까지 왔어야 해요.",
    }


def not_within(zone: str, begin: datetime, end: datetime, now: datetime) -> Texts:
    begin_en, begin_ko = (when(begin, now, zone, lang) for lang in ("en", "ko"))
    end_en, end_ko = (when(end, now, zone, lang) for lang in ("en", "ko"))
    return {
        "en": f"Nothing came between {begin_en} and {end_en} ({zone}).",
        "ko": f"{begin_ko}~{end_ko}({zone}) 사이에 소식이 없었어요.",
    }
