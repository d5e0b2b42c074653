"""What the bot answers to its verbs, in English and in Korean; help and misunderstandings are in `help_texts`.

Its voice is that of `notifications.chat.words`: a dutiful private on server duty (“Private Server”, 서버병), in Korean
in 합쇼체 throughout. What a plan or a service of the portal says is quoted as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in both languages; `{places}` are filled when it is said."""

    en: str
    ko: str

    def __call__(self, language: str, **values: object) -> str:
        return (self.ko if language.startswith("ko") else self.en).format(**values)


REFUSED: Final = Said("Not done", "하지 못했습니다")

# Until when, and why.
AT: Final = Said("{time} ({zone})", "{time} ({zone})")
UNTIL: Final = Said("until {time}", "{time}까지")
UNTIL_RELEASED: Final = Said("until somebody releases it", "누군가 해제할 때까지")
FROM: Final = Said("{what} from {time}", "{time}부터 {what}")
NOTHING_PLANNED: Final = Said("nothing planned", "예정 없음")
MORE: Final = Said("… and {count} more", "… 외 {count}개")

# What is looked at.
STATUS: Final = Said("{sign} {name}: {state}", "{sign} {name}: {state}")
STATUS_OF_MANY: Final = Said("Running: {running} of {count} environments", "환경 {count}개 중 {running}개 실행 중")
STATUS_OF_SCHEDULE: Final = Said(
    "{name}: {running} of {count} running", "{name}: 환경 {count}개 중 {running}개 실행 중"
)
ENVIRONMENTS: Final = Said("Environments on the roster: {count}", "근무 명부: 환경 {count}개")
NO_ENVIRONMENTS: Final = Said(
    "No environment is on your roster yet. Somebody has to put you into a team.",
    "아직 명부에 환경이 없습니다. 먼저 팀에 추가되셔야 합니다.",
)
NO_TARGETS: Final = Said(
    "It has no targets yet: nothing to start or stop.",
    "아직 대상이 없어 시작하거나 중지할 것이 없습니다.",
)
PLAN_SAYS: Final = Said("Its plan says: {plan}", "계획: {plan}")
NOT_READ: Final = Said("Its schedule cannot be read: {problem}", "일정을 읽을 수 없습니다: {problem}")
CHANGED_OUTSIDE: Final = Said("Changed outside the portal at {time}.", "{time}에 포털 밖에서 바뀌었습니다.")
LOOKING: Final = Said("Looking at AWS …", "AWS를 살펴보고 있습니다 …")
UNDER_WAY: Final = Said("Under way", "진행")
STEP: Final = Said("step {done} of {count}", "{count}단계 중 {done}단계")
WAITING: Final = Said("waiting for a worker", "작업자를 기다리는 중")
HEALTH: Final = Said("Health", "상태 확인")
TODAY: Final = Said("Today so far", "오늘 현재까지")
THIS_MONTH: Final = Said("This month so far", "이번 달 현재까지")
SAVED: Final = Said("Saved this month", "이번 달 절약")
COST: Final = Said("Cost of {name}", "{name} 비용")
ALL: Final = Said("all {count} environments", "환경 {count}개 전체")
NO_PRICES: Final = Said("Nothing of {name} has a price yet.", "{name}에는 아직 가격이 있는 것이 없습니다.")
NO_COSTS: Final = Said(
    "You may not see costs. An administrator gives that right.",
    "비용을 볼 권한이 없습니다. 권한은 관리자가 드릴 수 있습니다.",
)
SAVED_OF: Final = Said("{amount} ({share} of running all the time)", "{amount} (항상 켜 둘 때의 {share})")

# Why, and days.
WHY: Final = Said("{name}: {plan}", "{name}: {plan}")
DECIDES: Final = Said("What decides", "결정하는 것")
ORDER: Final = Said(
    "A hold counts before an exception, an exception before the calendar, the calendar before the schedule.",
    "유지가 예외보다, 예외가 달력보다, 달력이 일정보다 먼저입니다.",
)
SINCE: Final = Said("Since", "시작 시각")
THEN: Final = Said("Then", "다음")
WITHOUT: Final = Said("Without it", "이것이 없으면")
DAY: Final = Said("{name}, {day}", "{name}, {day}")
RUNS: Final = Said("{begin}–{end} {why}", "{begin}–{end} {why}")
DAY_LONG: Final = Said("Stopped all day", "하루 종일 중지")
DAY_LEFT: Final = Said("Nothing is planned: it is left as it is", "예정 없음: 현재 상태 유지")
DAY_ZONE: Final = Said("Times of {zone}", "{zone} 시각")
NO_SUCH_DAY: Final = Said(
    "I know no plan for {day}. Choose a day from 1970 to 2199.",
    "{day}의 계획은 없습니다. 1970년부터 2199년까지 골라 주십시오.",
)
EXCEPTIONS: Final = Said("Exceptions: {name}", "예외: {name}")
EXCEPTIONS_OF_DAY: Final = Said("Exceptions of {day}: {name}", "{day} 예외: {name}")
EVERYTHING: Final = Said("everything you see", "보이는 모든 환경")
NO_EXCEPTIONS: Final = Said(
    "There is none. The plan stands as it is. All quiet!", "예외가 없습니다. 계획 그대로 이상 없습니다!"
)
KINDS: Final = {
    "start": Said("start {time}", "{time} 시작"),
    "stop": Said("stop {time}", "{time} 중지"),
    "on": Said("on all day", "하루 종일 실행"),
    "off": Said("off all day", "하루 종일 중지"),
}
FOR: Final = Said("for {name}", "{name} 대상")

# What is done.
RUNS_ALREADY: Final = Said("{name} runs already", "{name}: 이미 실행 중")
RUNS_ANYWAY: Final = Said(
    "It runs {until} anyway, so I changed nothing. Still on watch!",
    "이미 {until} 실행할 예정이라 바꾼 것이 없습니다. 계속 지키겠습니다!",
)
RUNS_WITHOUT_END: Final = Said("with no stop ahead", "중지 예정 없이")
STARTS: Final = Said("{name} starts now", "{name}: 지금 시작")
STARTED_WORDS: Final = Said(
    "Private Server, at once! {name} starts now and stays on {until}. I report when it is up.",
    "충성! 서버병입니다. {name}을(를) 지금 시작해 {until} 지키겠습니다. 다 켜지면 보고드리겠습니다.",
)
STAYS: Final = Said("{name} stays on", "{name}: 계속 실행")
STAYS_WORDS: Final = Said(
    "Private Server, standing guard! {name} stays on {until}.",
    "충성! 서버병입니다. {name}을(를) {until} 지키겠습니다.",
)
PRICE: Final = Said("Price", "가격")
PRICE_OF: Final = Said("{amount} for {length} more", "{length} 더: {amount}")
NO_END_WARNING: Final = Said(
    "Nothing ends this but a person: type {command} when it is done.",
    "사람만 끝낼 수 있습니다. 다 쓰시면 입력해 주십시오: {command}",
)
STOPS: Final = Said("{name} stops now", "{name}: 지금 중지")
STOPPED_WORDS: Final = Said(
    "At once! {name} is being put to bed and stays stopped {until}. I report when it sleeps.",
    "명 받았습니다! {name}을(를) 재우겠습니다. {until} 중지해 두고, 다 꺼지면 보고드리겠습니다.",
)
ASK_STOP: Final = Said("Stop {name} now?", "{name}을(를) 지금 중지하시겠습니까?")
ASK_STOP_WORDS: Final = Said(
    "{name} stops at once, and everybody who uses it loses it.\n{planned}\nIt then stays stopped {until}.",
    "{name}이(가) 바로 중지되고 쓰던 사람은 모두 쓸 수 없게 됩니다.\n{planned}\n그 뒤 {until} 중지해 둡니다.",
)
WAS_PLANNED: Final = Said("It was planned to run {until}: {why}.", "원래 {until} 실행할 예정이었습니다: {why}.")
STOPPED_ALREADY: Final = Said("{name} is stopped already", "{name}: 이미 중지됨")
STOPPED_ANYWAY: Final = Said("{plan}. I changed nothing.", "{plan}. 바꾼 것이 없습니다.")
NOTHING_TO_EXTEND: Final = Said(
    "{name} does not run, so there is nothing to extend. To start it, type: {command}",
    "{name}은(는) 실행 중이 아니라 연장할 것이 없습니다. 시작하시려면: {command}",
)
START_IT: Final = Said("Start {name}", "{name} 시작")
HELD_WITHOUT_END: Final = Said(
    "It is kept on until somebody releases it, so there is nothing to extend.",
    "누군가 해제할 때까지 켜 두고 있어 연장할 것이 없습니다.",
)
JUST_PASSED: Final = Said(
    "{time} has just passed ({zone}). Choose a later time.",
    "{time}은(는) 방금 지났습니다 ({zone}). 더 나중 시각을 골라 주십시오.",
)

# Many at once.
ASK_MANY: Final = {
    "start": Said("Start all of {name} that are stopped ({count})?", "{name}의 환경 {count}개를 시작하시겠습니까?"),
    "stop": Said("Stop all of {name} that run ({count})?", "{name}의 환경 {count}개를 중지하시겠습니까?"),
}
ASK_MANY_WORDS: Final = {
    "start": Said("These start now and cost money: {names}.", "지금 시작되고 비용이 듭니다: {names}."),
    "stop": Said(
        "These stop at once, and everybody who uses them loses them: {names}.",
        "바로 중지되고 쓰던 사람은 모두 쓸 수 없게 됩니다: {names}.",
    ),
}
LEFT_ALONE: Final = Said(
    "Left as they are, because they need nothing: {count}.",
    "필요한 일이 없어 그대로 둡니다: {count}개",
)
DONE_MANY: Final = {
    "start": Said("{name}: {count} starting", "{name}의 환경 {count}개 시작"),
    "stop": Said("{name}: {count} stopping", "{name}의 환경 {count}개 중지"),
}
DONE_MANY_WORDS: Final = Said("At once: {names}.", "명 받았습니다! 바로 처리하겠습니다: {names}.")
NOT_DONE: Final = Said("Not done: {names}", "하지 못한 것: {names}")
ONCE_MORE: Final = Said(
    "What others needed until now: type {command} once more when these have stopped.",
    "다른 환경이 쓰고 있던 것은, 그 환경이 중지된 뒤 한 번 더 입력해 주십시오: {command}",
)
NOTHING_TO_SWITCH: Final = {
    "start": Said(
        "No environment of {name} that you may switch is stopped.",
        "{name}에서 권한이 있는 환경 중 중지된 것이 없습니다.",
    ),
    "stop": Said(
        "No environment of {name} that you may switch runs.",
        "{name}에서 권한이 있는 환경 중 실행 중인 것이 없습니다.",
    ),
}

# Exceptions.
EXCEPTION_SET: Final = Said("{name}, {day}: {what}", "{name}, {day}: {what}")
EXCEPTION_SET_WORDS: Final = Said("Noted in the duty book!", "충성! 근무 일지에 적었습니다.")
THAT_DAY: Final = Said("That day", "그날")
SOON: Final = Said("It stops within seconds.", "곧 중지됩니다.")
STARTS_SOON: Final = Said("It starts within seconds.", "곧 시작됩니다.")
ASK_EXCEPTION: Final = Said("{name}: stop {when}?", "{name}: {when} 중지하시겠습니까?")
AT_TIME: Final = Said("at {time}", "{time}에")
AT_ONCE: Final = Said("at once", "바로")
ASK_EXCEPTION_WORDS: Final = Said(
    "With this, {names} would stop {when}, and everybody who uses it loses it. {planned}",
    "이렇게 하시면 {names}이(가) {when} 중지되고 쓰던 사람은 모두 쓸 수 없게 됩니다. {planned}",
)
EXCEPTION_GONE: Final = Said("{name}, {day}: {what} is taken out", "{name}, {day}: {what} 예외 삭제")
EXCEPTION_GONE_WORDS: Final = Said("Struck from the duty book!", "충성! 근무 일지에서 지웠습니다.")
NO_SUCH_EXCEPTION: Final = Said(
    "{name} has no exception “{what}” on {day}.", "{day}에는 {name}의 “{what}” 예외가 없습니다."
)
THERE_IS: Final = Said("There is:\n{those}", "있는 예외:\n{those}")
THERE_IS_NONE: Final = Said("There is none that day, nor later.", "그날과 그 뒤로 예외가 없습니다.")

# What became of it.
ENDED_WELL: Final = {
    "start": Said("{name} is up", "{name}: 실행 중"),
    "stop": Said("{name} is stopped", "{name}: 중지됨"),
    "redeploy": Said("{name} is redeployed", "{name}: 재배포됨"),
}
ENDED_WELL_WORDS: Final = Said(
    "Reporting: done in {took}. All quiet.",
    "보고드립니다! {took} 만에 끝났습니다. 이상 없습니다.",
)
ENDED_BADLY: Final = {
    "start": Said("{name} failed to start", "{name}: 시작 실패"),
    "stop": Said("{name} failed to stop", "{name}: 중지 실패"),
    "redeploy": Said("{name} failed to redeploy", "{name}: 재배포 실패"),
}
WHAT_TO_DO: Final = Said(
    "Its page says what AWS said, and has a button to try again.",
    "환경 페이지에 AWS의 답과 다시 시도하는 버튼이 있습니다.",
)
REPLACED: Final = Said("{name}: replaced by a newer wish", "{name}: 더 새로운 요청으로 바뀜")
REPLACED_WORDS: Final = Said(
    "Somebody asked for something else meanwhile. It is now: {state}.",
    "그사이 다른 요청이 있었습니다. 지금 상태: {state}.",
)
GONE: Final = Said("This environment is not in the portal any more.", "이 환경은 이제 포털에 없습니다.")
MANY_ENDED: Final = Said("{well} done, {badly} failed", "{well}개 완료, {badly}개 실패")
