"""What `manage.py env` says, in English and Korean. What pages say too is taken from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from environments.models.texts import in_language

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "no such": {"en": "There is no environment “{name}”.", "ko": "“{name}”(이)라는 환경이 없어요."},
    "near": {"en": "Near to it: {names}.", "ko": "비슷한 이름: {names}."},
    "there are": {"en": "There are: {names}.", "ko": "있는 환경: {names}."},
    "none": {"en": "You see none.", "ko": "볼 수 있는 환경이 없어요."},
    "several": {
        "en": "“{name}” may be several: {names}. Type more of it.",
        "ko": "“{name}”(으)로 시작하는 환경이 여럿이에요: {names}. 조금 더 적어 주세요.",
    },
    "who": {
        "en": "There is no active portal user “{name}”. Say who you are: manage.py env list --as USERNAME.",
        "ko": "“{name}”(이)라는 활성 사용자가 없어요. 누구인지 알려 주세요: manage.py env list --as USERNAME.",
    },
    "no team": {"en": "--team: there is no team “{name}”.", "ko": "--team: “{name}” 팀이 없어요."},
    "until": {
        "en": "--until: “{text}” is no time. Write 22:00, or 2026-11-24 22:00.",
        "ko": "--until: “{text}”은(는) 시각이 아니에요. 22:00 또는 2026-11-24 22:00처럼 적어 주세요.",
    },
    "length": {
        "en": "“{text}” is no length of time. Write 2h, 90m or 1h30m.",
        "ko": "“{text}”은(는) 시간 길이가 아니에요. 2h, 90m, 1h30m처럼 적어 주세요.",
    },
    "days": {"en": "--days: from 1 to {most}.", "ko": "--days: 1에서 {most}까지예요."},
    "too long": {"en": "--reason: {most} characters at most.", "ko": "--reason: 최대 {most}자예요."},
    "not running": {
        "en": "{name} does not run. Start it: manage.py env start {slug} --hours 2",
        "ko": "{name}은(는) 실행 중이 아니에요. 시작하려면: manage.py env start {slug} --hours 2",
    },
    "always on": {
        "en": "{name} has no planned stop: there is nothing to extend.",
        "ko": "{name}은(는) 예정된 중지가 없어서 연장할 것이 없어요.",
    },
    "ask": {
        "en": "Stop {name} now and keep it stopped {until}? [y/N] ",
        "ko": "지금 {name}을(를) 중지하고 {until} 중지 상태로 둘까요? [y/N] ",
    },
    "now": {"en": "Now: {state}. {why}", "ko": "현재: {state}. {why}"},
    "until next": {"en": "until {time}", "ko": "{time}까지"},
    "until released": {"en": "until somebody releases it", "ko": "해제할 때까지"},
    "not confirmed": {
        "en": "Nothing was done. Answer y, or give --yes.",
        "ko": "아무것도 하지 않았어요. y라고 답하거나 --yes를 주세요.",
    },
    "no worker": {
        "en": "No worker has given a sign of life for 30 seconds. It is written down, and done as soon as one works.",
        "ko": "30초 동안 작업자의 신호가 없어요. 요청은 기록되었고, 작업자가 살아나는 대로 처리돼요.",
    },
    "already": {"en": "Nothing has to be done for it: {state}.", "ko": "더 할 일이 없어요: {state}."},
    "done": {"en": "Done: {state}, after {took}.", "ko": "완료: {state}, {took} 걸렸어요."},
    "failed": {"en": "Failed: {why}", "ko": "실패: {why}"},
    "overtaken": {
        "en": "Somebody wished for something else meanwhile: {why}",
        "ko": "그사이 다른 요청이 들어왔어요: {why}",
    },
    "nobody": {
        "en": "Nobody works on it: are workers running?",
        "ko": "아무도 처리하지 않아요. 작업자가 실행 중인가요?",
    },
    "goes on": {"en": "It goes on without you.", "ko": "작업은 계속 진행돼요."},
    "unreadable": {"en": "Its schedule cannot be read: {problem}", "ko": "일정을 읽을 수 없어요: {problem}"},
    "nothing": {"en": "No environment.", "ko": "환경이 없어요."},
    "count": {"en": "Environments: {count}", "ko": "환경 {count}개"},
    "changes": {"en": "Next:", "ko": "다음:"},
    "no changes": {"en": "No change ahead.", "ko": "예정된 변경이 없어요."},
    "then running": {"en": "starts", "ko": "시작"},
    "then stopped": {"en": "stops", "ko": "중지"},
    "then any": {"en": "left as it is", "ko": "현재 상태 유지"},
    "column name": {"en": "NAME", "ko": "이름"},
    "column team": {"en": "TEAM", "ko": "팀"},
    "column state": {"en": "STATE", "ko": "상태"},
    "column next": {"en": "NEXT", "ko": "다음"},
    "column why": {"en": "WHY", "ko": "이유"},
}


def say(key: str, **values: object) -> str:
    """The sentence in the language that is active."""
    return in_language(TEXTS[key]).format(**values)
