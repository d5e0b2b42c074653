"""A command of the bot's one grammar as one types it in Discord: `/env extend name:chat-dev by:2h`.

Pure, and the way back of `discord_commands.text_of`: by the same table of commands and options. What comes out is read
again, and taken only where that says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from notifications.inbound.discord_commands import COMMANDS, GROUP, NAME, STRING, SUBCOMMAND, text_of

# The chat's own verbs, as they stand in Korean texts.
_KOREAN: Final[Mapping[str, str]] = {
    "연결 해제": "unlink",
    "연결": "link",
    "상태": "status",
    "도움말": "help",
    "확인": "ack",
    "나": "whoami",
}
_CODE: Final = re.compile(r"\d{4}", re.ASCII)
_WORD: Final = re.compile(r'"[^"]*"|「[^」]*」|`[^`]*`|\'[^\']*\'|\S+')
_QUOTED: Final = re.compile(r'"[^"]*"|「[^」]*」|`[^`]*`|\'[^\']*\'')
_END: Final = re.compile(r"\d{1,2}:\d{2}|(\d+[hm])+|\d+h\d+m")
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}|today|tomorrow|yesterday|오늘|내일|모레|어제"),
    "which": re.compile(r"start|stop"),
    "time": re.compile(r"\d{1,2}:\d{2}"),
}


def slash_of(command: str) -> str:
    """The command with its options; as plain words where Discord has no such command."""
    said = " ".join(command.split())
    if _CODE.fullmatch(said):
        return _written(["confirm"], {"code": said})
    for korean, verb in _KOREAN.items():
        if said == korean or said.startswith(f"{korean} "):
            said = f"{verb}{said.removeprefix(korean)}"
            break
    for path, options in sorted(_commands(), key=lambda one: -len(one[0])):
        found = _read(said, path, options)
        if found is not None and text_of(_data(path, found)) == said:
            return _written(path, found)
    return command


def _commands() -> Iterator[tuple[list[str], list[str]]]:
    """The path of each subcommand, and the names of its options."""
    for one in COMMANDS[0]["options"]:
        if one["type"] == GROUP:
            for sub in one["options"]:
                yield [one["name"], sub["name"]], [option["name"] for option in sub["options"]]
        else:
            yield [one["name"]], [option["name"] for option in one["options"]]


def _read(said: str, path: list[str], options: list[str]) -> dict[str, str] | None:
    """The options of a command that goes this way; None for another, and for what no option takes."""
    tokens = _WORD.findall(said)
    at = next((at for at in range(len(tokens)) if tokens[at : at + len(path)] == path), None)
    if at is None or at > 1 or (at == 1 and "name" not in options):
        return None
    values = {"name": _unquoted(tokens[0])} if at else {}
    rest = tokens[at + len(path) :]
    while rest:
        name, used = _option(rest, options)
        if not name or name in values:
            return None
        value = rest[:used]
        values[name] = " ".join(value[1:] if value[0] in ("until", "reason") else value)
        rest = rest[used:]
    return values


def _option(rest: list[str], options: list[str]) -> tuple[str, int]:
    """Which option begins here, and how many words are its; "" for none."""
    first = rest[0]
    end = next((name for name in ("until", "by") if name in options), "")
    if first == "reason" and "reason" in options:
        return "reason", len(rest)
    if first == "until":
        return end, 2
    for name, form in _FORMS.items():
        if name in options and form.fullmatch(first):
            return name, 1
    if end and _END.fullmatch(first):
        return end, 1
    free = next((name for name in ("code", "what") if name in options), "")
    return free, len(rest)


def _unquoted(name: str) -> str:
    return name[1:-1] if _QUOTED.fullmatch(name) else name


def _data(path: list[str], values: Mapping[str, str]) -> dict[str, Any]:
    """What Discord would send."""
    given: list[dict[str, Any]] = [{"type": STRING, "name": name, "value": value} for name, value in values.items()]
    for depth, name in enumerate(reversed(path)):
        given = [{"type": GROUP if depth else SUBCOMMAND, "name": name, "options": given}]
    return {"name": NAME, "options": given}


def _written(path: list[str], values: Mapping[str, str]) -> str:
    return " ".join([f"/{NAME}", *path, *(f"{name}:{value}" for name, value in values.items())])
