"""The slash command `/env` in Discord: what is registered there, and what a use of it says in the bot's one grammar.

Pure. Facts: Discord's developer documentation, "Application Commands" (checked 2026-11-22): types 1 subcommand, 2
group, 3 string; names have lower case letters, descriptions at most 100 characters; twenty-five options and choices at
most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

NAME: Final = "env"
SUBCOMMAND, GROUP, STRING = 1, 2, 3
_SIMPLE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_TIME: Final = re.compile(r"\s*\d{1,2}\s*[:：]\s*\d{2}\s*")
_MOST: Final = 200
Json = dict[str, Any]


def _texts(english: str, korean: str) -> Json:
    return {"description": english, "description_localizations": {"ko": korean}}


def _option(name: str, english: str, korean: str, *, required: bool = False, **more: object) -> Json:
    return {"type": STRING, "name": name, **_texts(english, korean), "required": required, **more}


_WHERE: Final = _option(
    "name",
    "Environment or schedule. Empty: the only one",
    "환경 또는 일정 (하나뿐이면 비워 두십시오)",
    autocomplete=True,
)
_DAY: Final = _option("date", "For example 2026-11-21, today, tomorrow", "예: 2026-11-21, 오늘, 내일")
_THE_DAY: Final = {**_DAY, "required": True}
_WHICH: Final = _option(
    "which",
    "Start or stop",
    "시작 또는 중지",
    required=True,
    choices=[
        {"name": "start", "name_localizations": {"ko": "시작"}, "value": "start"},
        {"name": "stop", "name_localizations": {"ko": "중지"}, "value": "stop"},
    ],
)
_TIME_OF_DAY: Final = _option("time", "For example 9:00 or 22:30", "예: 9:00 또는 22:30", required=True)
_UNTIL: Final = _option(
    "until",
    "A time or a length: 22:00 or 2h. Empty: the next change",
    "시각이나 길이: 22:00 또는 2h (비우면 다음 변경까지)",
)
_BY: Final = _option("by", "A length or a time: 2h, 90m or 22:00", "길이나 시각: 2h, 90m 또는 22:00", required=True)
_REASON: Final = _option("reason", "Why, for your colleagues", "이유 (동료들이 함께 봅니다)")
_WHAT: Final = _option("what", "An environment, or a part of the title", "환경, 또는 제목의 일부")
_CODE: Final = _option("code", "From Preferences → Chat in the portal", "포털의 개인 설정 → 채팅에서 만든 코드")
_CONFIRM: Final = _option("code", "The four digits, to confirm", "확인용 숫자 네 자리")


def _sub(name: str, english: str, korean: str, *options: Json) -> Json:
    # Discord wants those that are required first.
    ordered = sorted(options, key=lambda one: not one["required"])
    return {"type": SUBCOMMAND, "name": name, **_texts(english, korean), "options": ordered}


COMMANDS: Final[Sequence[Json]] = (
    {
        "type": 1,
        "name": NAME,
        **_texts("Environments: look, start, stop", "환경을 보고, 켜고, 끄기"),
        # In servers and in direct messages with the bot.
        "contexts": [0, 1],
        "integration_types": [0],
        "options": [
            _sub("help", "What you can ask", "물어볼 수 있는 것"),
            _sub("status", "How an environment is doing", "환경의 지금 상태", _WHERE),
            _sub("info", "The plan of a day", "하루의 계획", _WHERE, _DAY),
            {
                "type": GROUP,
                "name": "exception",
                **_texts("Exceptions of a day", "하루의 예외"),
                "options": [
                    _sub("info", "Exceptions of a day", "하루의 예외 보기", _WHERE, _DAY),
                    _sub(
                        *("set", "Start or stop at another time on a day", "하루의 시작·중지 시각 바꾸기"),
                        *(_WHERE, _THE_DAY, _WHICH, _TIME_OF_DAY, _REASON),
                    ),
                    _sub("del", "Remove an exception", "예외 지우기", _WHERE, _THE_DAY, _WHICH),
                ],
            },
            _sub("force_start", "Start now", "지금 켜기", _WHERE, _UNTIL, _REASON),
            _sub(
                "force_stop",
                "Stop now; asks whether you mean it",
                "지금 끄기 (먼저 여쭙니다)",
                _WHERE,
                _UNTIL,
                _REASON,
            ),
            _sub("extend", "Keep it on for longer", "더 켜 두기", _WHERE, _BY, _REASON),
            _sub("why", "Why it runs or does not", "왜 켜져 있거나 꺼져 있는지", _WHERE),
            _sub("cost", "What it costs", "비용", _WHERE),
            _sub("list", "All environments that you see", "볼 수 있는 모든 환경"),
            _sub("confirm", "Confirm what asks for a code", "코드로 확인하기", {**_CONFIRM, "required": True}),
            _sub("ack", "Look after what people are asked about", "담당자를 찾는 일 맡기", _WHAT),
            _sub("link", "Link yourself with your account", "내 계정과 연결하기", _CODE),
            _sub("unlink", "End the link with your account", "계정 연결 해제하기"),
            _sub("whoami", "Who you are to the portal", "포털에서 나는 누구인지"),
        ],
    },
)


def text_of(data: Mapping[str, Any]) -> str:
    """What a use of the command says, as one would type it: “"chat dev" exception set 2026-11-21 start 9:00”. Of an
    unknown command its name, which the bot then says it does not understand."""
    path, values = _used(data)
    verb = " ".join(path) or str(data.get("name") or "")[:_MOST]
    if verb == "confirm":
        return values.get("code", "")
    parts = [_quoted(values["name"])] if values.get("name") else []
    parts.append(verb)
    parts += [values[name] for name in ("date", "which", "time", "code", "what") if values.get(name)]
    parts += [_end(values[name]) for name in ("until", "by") if values.get(name)]
    if values.get("reason"):
        parts.append(f"reason {values['reason']}")
    return " ".join(parts)


def being_typed(data: Mapping[str, Any]) -> str | None:
    """The beginning of a name that is being typed; None when it is another option."""
    for option in _leaves(data.get("options")):
        if option.get("focused"):
            return str(option.get("value") or "")[:_MOST] if option.get("name") == "name" else None
    return None


def _used(data: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The names of group and subcommand, and the options that were given."""
    path: list[str] = []
    options = data.get("options")
    while (first := _first(options)) is not None and first.get("type") in (SUBCOMMAND, GROUP):
        path.append(str(first.get("name") or ""))
        options = first.get("options")
    values = {str(one.get("name")): _one_line(one.get("value")) for one in _listed(options)}
    return path, values


def _leaves(options: object) -> Iterator[Mapping[str, Any]]:
    for option in _listed(options):
        if option.get("type") in (SUBCOMMAND, GROUP):
            yield from _leaves(option.get("options"))
        else:
            yield option


def _listed(options: object) -> list[Mapping[str, Any]]:
    return [one for one in options if isinstance(one, dict)] if isinstance(options, list) else []


def _first(options: object) -> Mapping[str, Any] | None:
    return next(iter(_listed(options)), None)


def _one_line(value: object) -> str:
    return " ".join(str(value if value is not None else "").split())[:_MOST]


def _quoted(name: str) -> str:
    """A name that cannot be taken for a verb, and is one whatever words it has."""
    if _SIMPLE.fullmatch(name):
        return name
    for opening, closing in (('"', '"'), ("「", "」"), ("`", "`"), ("'", "'")):
        if opening not in name and closing not in name:
            return f"{opening}{name}{closing}"
    return name


def _end(value: str) -> str:
    return f"until {value}" if _TIME.fullmatch(value) else value
