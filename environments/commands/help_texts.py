"""What can be typed, and what is said where something was not understood; the other sentences are in `texts`, and the
voice of all of them is described in `notifications.chat.words`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from environments.rules.verb_lexicon import STOP, Command, Verb
from environments.rules.verbs import Problem

from .texts import Said

TITLE: Final = Said("Private Server, reporting for duty!", "충성! 서버병입니다.")
INTRODUCTION: Final = Said(
    "I watch over the environments. A name stands before or after the verb; its beginning will do, and one with spaces"
    " may stand in quotes.",
    "환경을 지키고 있습니다. 이름은 명령어 앞이나 뒤에 쓰시고, 앞부분만 쓰셔도 됩니다."
    " 빈칸이 있으면 따옴표로 묶으셔도 됩니다.",
)
TYPE: Final = Said("Type {keyword} and then:", "{keyword} 뒤에:")
VERBS: Final = Said("What I understand:", "알아듣는 명령어:")
LINES: Final = {
    Verb.STATUS: Said("[name] status: what it does now", "[이름] status (상태): 지금 상태"),
    Verb.LIST: Said("list: all environments that you see", "list (목록): 볼 수 있는 모든 환경"),
    Verb.INFO: Said("[name] info [YYYY-MM-DD]: the plan of a day", "[이름] info (정보) [YYYY-MM-DD]: 하루 계획"),
    Verb.WHY: Said("[name] why: what decides", "[이름] why (왜): 이유"),
    Verb.COST: Said("[name] cost: today, this month, saved", "[이름] cost (비용): 오늘·이번 달·절약"),
    Verb.FORCE_START: Said(
        "[name] force_start [2h | until 22:00]: start now", "[이름] force_start (시작) [2h | until 22:00]: 지금 시작"
    ),
    Verb.FORCE_STOP: Said(
        "[name] force_stop [2h | until 22:00]: stop now; I ask first",
        "[이름] force_stop (중지) [2h | until 22:00]: 지금 중지, 먼저 여쭙니다",
    ),
    Verb.EXTEND: Said("[name] extend 2h: stay on longer", "[이름] extend (연장) 2h: 더 켜 두기"),
    Verb.EXCEPTION_INFO: Said(
        "[name] exception info [YYYY-MM-DD]: its exceptions",
        "[이름] exception info (예외 정보) [YYYY-MM-DD]: 예외 목록",
    ),
    Verb.EXCEPTION_SET: Said(
        "[name] exception set YYYY-MM-DD start|stop h:m: other hours on a day",
        "[이름] exception set (예외 설정) YYYY-MM-DD start|stop h:m: 그날만 다른 시각",
    ),
    Verb.EXCEPTION_DEL: Said(
        "[name] exception del YYYY-MM-DD start|stop: as planned again",
        "[이름] exception del (예외 삭제) YYYY-MM-DD start|stop: 원래 계획대로",
    ),
    Verb.HELP: Said("help: this", "help (도움말): 이 안내"),
}
LINK: Final = Said(
    "link CODE: tells me who you are; your preferences page in the portal makes the code",
    "link 코드: 저와 연결하기 (코드는 포털의 개인 설정 페이지에서 만드실 수 있습니다)",
)
_TEN_AT_NIGHT: Final = 22 * 60
EXAMPLES: Final = {verb: Command(verb) for verb in Verb} | {
    Verb.EXCEPTION_SET: Command(Verb.EXCEPTION_SET, times=((STOP, _TEN_AT_NIGHT),)),
    Verb.EXCEPTION_DEL: Command(Verb.EXCEPTION_DEL, times=((STOP, None),)),
    Verb.FORCE_START: Command(Verb.FORCE_START, until=_TEN_AT_NIGHT),
    Verb.EXTEND: Command(Verb.EXTEND, lasts=timedelta(hours=2)),
}
"""An example of each verb, but for its name and its day."""

NOT_UNDERSTOOD: Final = Said("I did not get that", "잘 못 알아들었습니다")
PROBLEMS: Final = {
    Problem.VERB: Said("I do not know the verb in “{what}”.", "“{what}”에서 아는 명령어를 찾지 못했습니다."),
    Problem.QUESTION: Said(
        "“{what}” sounds like a question, so I changed nothing.", "“{what}”: 물어보시는 것 같아 바꾼 것이 없습니다."
    ),
    Problem.NAME: Said(
        "There is no environment or schedule “{what}” that you see.",
        "보실 수 있는 환경이나 일정 중에 “{what}”은(는) 없습니다.",
    ),
    Problem.WORDS: Said("I did not understand “{what}”.", "“{what}”을(를) 알아듣지 못했습니다."),
    Problem.DATE: Said("“{what}” is no date.", "“{what}”은(는) 날짜가 아닙니다."),
    Problem.TIME: Said("“{what}” is no time that fits here.", "“{what}”은(는) 여기에 쓸 수 있는 시각이 아닙니다."),
    Problem.LENGTH: Said(
        "“{what}” is no length of time from 1m to 31 days.", "“{what}”은(는) 1분부터 31일까지의 시간이 아닙니다."
    ),
    Problem.SCHEDULE: Said(
        "“{what}” is a schedule. This verb needs an environment.",
        "“{what}”은(는) 일정입니다. 이 명령어에는 환경이 필요합니다.",
    ),
    Problem.NO_DAY: Said("The date is missing.", "날짜가 빠졌습니다."),
    Problem.NO_KIND: Said("Is it about the start or the stop?", "start인지 stop인지 빠졌습니다."),
    Problem.NO_TIME: Said("The time is missing.", "시각이 빠졌습니다."),
    Problem.NO_LENGTH: Said("For how long?", "얼마나 더 켜 두시겠습니까?"),
}
NEAREST: Final = Said("Did you mean “{verb}”?", "혹시 “{verb}” 말씀이십니까?")
NEAR: Final = Said("Written like it: {names}.", "비슷한 이름: {names}.")
EXAMPLE: Final = Said("For example: {command}", "예: {command}")
NO_IDEA: Final = Said(
    "“{command}” says all that I know.", "“{command}”을(를) 입력하시면 아는 것을 모두 알려 드리겠습니다."
)
WHICH: Final = Said("Which one?", "어느 것입니까?")
WHICH_OF_THESE: Final = Said("“{name}” can be: {names}.", "“{name}”은(는) 여러 가지입니다: {names}.")
WHICH_OF_ALL: Final = Said("You see several environments: {names}.", "보실 수 있는 환경이 여럿입니다: {names}.")
