"""Conversations with the bot, line by line, on the reference case: 09:00 to 18:00, Monday to Friday, in Seoul."""

from __future__ import annotations

import pytest

from environments.models import Environment
from tests import factories
from tests.commands.conftest import finish
from tests.commands.talking import Talk, written
from tests.support.times import monday

pytestmark = pytest.mark.django_db

ENGLISH = """
17:30 > status
🟢 ChatApp: Running
Running until 18:00 (Asia/Seoul): schedule Office hours Seoul
Today so far: $2.05

17:30 > info tomorrow
ChatApp, 2026-11-24 (Tue)
09:00–18:00 schedule Office hours Seoul
Times of Asia/Seoul

17:31 > chatapp extend 2h
ChatApp stays on
Private Server, standing guard! ChatApp stays on until 20:00 (Asia/Seoul).
Price: $0.48 for 2 h more

17:32 > why
ChatApp: Running until 20:00 (Asia/Seoul): hold by manager
A hold counts before an exception, an exception before the calendar, the calendar before the schedule.
What decides: hold by manager
Since: 17:31 (Asia/Seoul)
Then: Stopped from 20:00 (Asia/Seoul): end of the hold by manager
Without it: Running until 18:00 (Asia/Seoul): schedule Office hours Seoul

17:40 > exception set 2026-11-28 start 10:00 stop 14:00 reason client demo
ChatApp, 2026-11-28 (Sat): start 10:00, stop 14:00
Noted in the duty book!
That day: 10:00–14:00 exception of 2026-11-28 by manager (client demo)
Times of Asia/Seoul

17:41 > exception info
Exceptions: ChatApp
• 2026-11-28 (Sat) start 10:00 · manager: client demo
• 2026-11-28 (Sat) stop 14:00 · manager: client demo

17:45 > force_stop
Stop ChatApp now?
ChatApp stops at once, and everybody who uses it loses it.
It was planned to run until 20:00 (Asia/Seoul): hold by manager.
It then stays stopped until Tue 09:00 (Asia/Seoul).

17:45 > yes
ChatApp stops now
At once! ChatApp is being put to bed and stays stopped until Tue 09:00 (Asia/Seoul). I report when it sleeps.

17:52 > it is stopped
ChatApp is stopped
Reporting: done in 7 min. All quiet.
"""

KOREAN = """
17:30 > 상태
🟢 ChatApp: 실행 중
18:00 (Asia/Seoul)까지 실행: 일정 Office hours Seoul
오늘 현재까지: US$2.05

17:30 > 내일 정보
ChatApp, 2026-11-24 (화)
09:00–18:00 일정 Office hours Seoul
Asia/Seoul 시각

17:31 > 연장 2시간
ChatApp: 계속 실행
충성! 서버병입니다. ChatApp을(를) 20:00 (Asia/Seoul)까지 지키겠습니다.
가격: 2시간 더: US$0.48

17:32 > 왜
ChatApp: 20:00 (Asia/Seoul)까지 실행: 유지, manager
유지가 예외보다, 예외가 달력보다, 달력이 일정보다 먼저입니다.
결정하는 것: 유지, manager
시작 시각: 17:31 (Asia/Seoul)
다음: 20:00 (Asia/Seoul)부터 중지: 유지 종료, manager
이것이 없으면: 18:00 (Asia/Seoul)까지 실행: 일정 Office hours Seoul

17:40 > 예외 설정 2026-11-28 시작 10:00 중지 14:00 이유 고객 시연
ChatApp, 2026-11-28 (토): 10:00 시작, 14:00 중지
충성! 근무 일지에 적었습니다.
그날: 10:00–14:00 2026-11-28 예외, manager (고객 시연)
Asia/Seoul 시각

17:41 > 예외 삭제 2026-11-28 시작
ChatApp, 2026-11-28 (토): 시작 예외 삭제
충성! 근무 일지에서 지웠습니다.
그날: 하루 종일 중지
Asia/Seoul 시각

17:42 > chatapp 시작 22:00까지
ChatApp: 계속 실행
충성! 서버병입니다. ChatApp을(를) 22:00 (Asia/Seoul)까지 지키겠습니다.
가격: 2시간 더: US$0.48

17:45 > 중지
ChatApp을(를) 지금 중지하시겠습니까?
ChatApp이(가) 바로 중지되고 쓰던 사람은 모두 쓸 수 없게 됩니다.
원래 22:00 (Asia/Seoul)까지 실행할 예정이었습니다: 유지, manager.
그 뒤 화요일 09:00 (Asia/Seoul)까지 중지해 둡니다.

17:45 > 네
ChatApp: 지금 중지
명 받았습니다! ChatApp을(를) 재우겠습니다. 화요일 09:00 (Asia/Seoul)까지 중지해 두고, 다 꺼지면 보고드리겠습니다.

17:52 > 꺼졌다
ChatApp: 중지됨
보고드립니다! 7분 만에 끝났습니다. 이상 없습니다.

17:53 > 연장 2시간
하지 못했습니다
ChatApp은(는) 실행 중이 아니라 연장할 것이 없습니다. 시작하시려면: ⟨chatapp force_start 2h⟩

17:54 > 비용
ChatApp 비용
오늘 현재까지: US$2.14
이번 달 현재까지: US$2.14
이번 달 절약: US$129.42 (항상 켜 둘 때의 98%)
"""


def conversation(talk: Talk, script: str) -> str:
    """What was said, line by line, with the answers of the bot in place of those of the script."""
    told, last, follows = [""], "", ""
    for line in (line for line in script.splitlines() if " > " in line):
        clock, said = line.split(" > ")
        now = monday(clock)
        if said in {"it is stopped", "꺼졌다"}:
            assert talk.is_told(follows, now) is None
            finish("stop", now)
            answered = talk.is_told(follows, now) or ""
        else:
            confirmed = said in {"yes", "네"}
            last = last if confirmed else said
            answer = talk.asks(last, now, confirmed=confirmed)
            follows = answer.follows
            answered = written(answer)
        told += [line, answered, ""]
    return "\n".join(told)


def test_an_evening_in_english(priced: Environment) -> None:
    assert conversation(Talk(factories.manager()), ENGLISH) == ENGLISH


def test_an_evening_in_korean(priced: Environment) -> None:
    assert conversation(Talk(factories.manager(), "ko", "/서버"), KOREAN) == KOREAN
