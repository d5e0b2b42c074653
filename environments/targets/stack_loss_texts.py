"""What a delete would lose, as a list in a sentence: in English and Korean."""

from __future__ import annotations

from collections.abc import Sequence

from environments.aws.template_guard import DISKS, ROOT_DISK, UNKNOWN, Finding

from .base import Texts

SHOWN = 3
WHY: dict[str, Texts] = {
    UNKNOWN: {
        "en": "may hold data: the portal does not know this type",
        "ko": "데이터가 있을 수 있어요. 포털이 모르는 유형이에요",
    },
    DISKS: {"en": "its data volumes", "ko": "데이터 볼륨"},
    ROOT_DISK: {"en": "its root disk", "ko": "루트 디스크"},
}


def listed(findings: Sequence[Finding]) -> Texts:
    """“Table (AWS::DynamoDB::Table), Atlas (MongoDB::Atlas::Cluster, may hold data: …) and 2 more”."""
    shown, more = findings[:SHOWN], len(findings) - SHOWN
    said = {language: ", ".join(_one(one, language) for one in shown) for language in ("en", "ko")}
    if more <= 0:
        return said
    return {"en": f"{said['en']} and {more} more", "ko": f"{said['ko']} 외 {more}개"}


def _one(finding: Finding, language: str) -> str:
    note = WHY.get(finding.why, {}).get(language)
    return f"{finding.logical_id} ({finding.type}, {note})" if note else f"{finding.logical_id} ({finding.type})"
