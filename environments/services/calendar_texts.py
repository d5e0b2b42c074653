"""What can be wrong with an ICS file or its address, and what of it is left out, in both languages."""

from __future__ import annotations

from typing import Any

PROBLEMS = {
    # The file.
    "not_ics": (
        "This is no ICS calendar: it does not begin with BEGIN:VCALENDAR.",
        "ICS 달력이 아니에요. BEGIN:VCALENDAR로 시작하지 않아요.",
    ),
    "encoding": (
        "The calendar is not written in UTF-8. Export it again as UTF-8.",
        "달력이 UTF-8로 되어 있지 않아요. UTF-8로 다시 내보내 주세요.",
    ),
    "broken_line": ("Line {line} cannot be read: “{text}”.", "{line}번째 줄을 읽을 수 없어요: “{text}”"),
    "broken": ("The calendar cannot be read: {text}", "달력을 읽을 수 없어요: {text}"),
    "cut_off": (
        "The calendar breaks off: {text}, which begins at line {line}, has no end.",
        "달력이 중간에 끊겼어요. {line}번째 줄에서 시작한 {text}의 끝이 없어요.",
    ),
    "no_start": (
        "The event “{text}” at line {line} has no beginning (DTSTART).",
        "{line}번째 줄의 “{text}” 일정에 시작(DTSTART)이 없어요.",
    ),
    "backwards": (
        "The event “{text}” at line {line} ends before it begins.",
        "{line}번째 줄의 “{text}” 일정은 시작보다 먼저 끝나요.",
    ),
    "too_large": ("The calendar is larger than {most} KB.", "달력이 {most}KB보다 커요."),
    "too_many": (
        "The calendar has more than {most} events. Export holidays only.",
        "달력에 일정이 {most}개보다 많아요. 휴일만 내보내 주세요.",
    ),
    "too_long": (
        "Its recurring events take too long to work out, so it was not read to the end.",
        "반복 일정을 계산하는 데 너무 오래 걸려 끝까지 읽지 않았어요.",
    ),
    "no_events": ("The calendar has no events.", "달력에 일정이 없어요."),
    "no_days": (
        "None of its events is a whole day off between {first} and {last}. {left_out}",
        "{first}부터 {last}까지 하루 종일 쉬는 일정이 없어요. {left_out}",
    ),
    "has_address": (
        "This calendar is read from an address each night, which would replace the file's days. Remove the address"
        " first, or make another calendar.",
        "이 달력은 매일 밤 주소에서 다시 읽으므로 파일의 날짜가 사라져요. 먼저 주소를 지우거나 달력을 새로 만드세요.",
    ),
    # The address.
    "address": (
        "The address must begin with https://, http:// or webcal://, without a name and password in it.",
        "주소는 https://, http://, webcal:// 중 하나로 시작하고, 이름과 비밀번호가 없어야 해요.",
    ),
    "unknown_host": ("The name {host} is not known.", "{host}라는 이름을 찾을 수 없어요."),
    "unreachable": ("The address could not be reached.", "주소에 연결할 수 없어요."),
    "tls": (
        "The secure connection was refused: its certificate is not one we know.",
        "보안 연결에 실패했어요. 인증서를 확인할 수 없어요.",
    ),
    "too_slow": ("The answer was not here within {seconds} seconds.", "{seconds}초 안에 응답을 다 받지 못했어요."),
    "status": (
        "The address answers {status} instead of a calendar.",
        "주소가 달력 대신 {status}(으)로 응답해요.",
    ),
    "not_found": (
        "The address answers 404: there is no calendar at it (any more).",
        "주소가 404로 응답해요. 그 자리에 달력이 없어요.",
    ),
    "sign_in": (
        "The address asks for a sign-in ({status}). Use the calendar's secret or public ICS address.",
        "주소가 로그인을 요구해요({status}). 달력의 비공개 또는 공개 ICS 주소를 쓰세요.",
    ),
    "redirects": ("The address leads on more than {most} times.", "주소가 {most}번 넘게 다른 곳으로 넘겨요."),
    "insecure_redirect": (
        "The address leads from https:// to http://, which others can read.",
        "주소가 https://에서 암호화되지 않은 http://로 넘겨요.",
    ),
    "forbidden_network": (
        "{host} leads into a network that calendars are not read from: this machine or a private network. Whoever runs"
        " the portal can allow it (CALENDAR_ALLOWED_NETWORKS).",
        "{host}은(는) 달력을 읽지 않는 네트워크(이 서버 또는 사설망)로 이어져요. 포털 관리자가 허용할 수"
        " 있어요(CALENDAR_ALLOWED_NETWORKS).",
    ),
    "defect": (
        "It could not be read, for a reason that is in the portal's log.",
        "읽지 못했어요. 이유는 포털 로그에 있어요.",
    ),
}
LEFT_OUT = {
    "timed": ("not whole days", "하루 종일이 아님"),
    "cancelled": ("cancelled", "취소됨"),
    "observance": ("observances on which people work", "쉬지 않는 기념일"),
    "frequency": ("recurring within a day", "하루 안에서 반복됨"),
}
MOST_NAMED = 3


class CalendarProblem(Exception):
    """Why a calendar was not read; `texts` says it in both languages."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        code = "not_found" if (code, details.get("status")) == ("status", 404) else code
        english, korean = PROBLEMS[code]
        self.code = code
        self.texts = {
            language: text.format(**{name: _in(value, language) for name, value in details.items()}).strip()
            for language, text in (("en", english), ("ko", korean))
        }


def _in(value: Any, language: str) -> Any:
    return value[language] if isinstance(value, dict) else value


def left_out_texts(left_out: dict[str, list[str]]) -> dict[str, str]:
    """“Left out: not whole days: 3 (Stand-up, Lunch, …), cancelled: 1 (Picnic).”, empty where nothing was."""
    if not any(left_out.values()):
        return {"en": "", "ko": ""}
    parts: dict[str, list[str]] = {"en": [], "ko": []}
    for reason, names in left_out.items():
        named = list(dict.fromkeys(name for name in names if name))
        some = ", ".join(named[:MOST_NAMED]) + (", …" if len(named) > MOST_NAMED else "")
        within = f" ({some})" if some else ""
        english, korean = LEFT_OUT[reason]
        parts["en"].append(f"{english}: {len(names)}{within}")
        parts["ko"].append(f"{korean} {len(names)}개{within}")
    return {"en": f"Left out: {', '.join(parts['en'])}.", "ko": f"제외: {', '.join(parts['ko'])}."}
