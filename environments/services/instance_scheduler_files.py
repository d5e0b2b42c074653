"""The files that AWS Instance Scheduler's configuration comes in, read into its items. Pure: no database.

What is read: items of its DynamoDB table (plain, or typed as in {"S": "office"}; a list, one a line, the output of `aws
dynamodb scan`, an export to S3), and what its command line prints (`scheduler-cli describe-schedules`,
`describe-periods`). Source: github.com/aws-solutions/instance-scheduler-on-aws, versions 1.5 to 3.2.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Text = Mapping[str, str]
"""A sentence in each language of the portal."""

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_DEPTH: Final = 100
"""DynamoDB has 32 levels, each of two in JSON, and little is wrapped around them."""

KINDS: Final = ("schedule", "period", "config")

_WRAPPERS: Final = {"schedules": "schedule", "schedule": "schedule", "periods": "period", "period": "period"}
_TAGS: Final = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS", "L", "M", "B", "BS"})
_GZIP: Final = b"\x1f\x8b"
_BLANK: Final = re.compile(r"\s*")
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")


class UnreadableFileError(ValueError):
    """A file that is refused as a whole; `text` says which, what is wrong and where."""

    def __init__(self, file: str, en: str, ko: str) -> None:
        self.text: Text = {"en": f"{file}: {en}", "ko": f"{file}: {ko}"} if file else {"en": en, "ko": ko}
        super().__init__(self.text["en"])


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was given: its name, for the report, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """A schedule, a period or the configuration. Keys are small letters without signs: `overridestatus`, whether it was
    written override_status or OverrideStatus. `place` is for people: "office.json #3"."""

    kind: str
    name: str
    fields: Mapping[str, Any]
    place: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The items of a file; `cut_off` when it says itself that there was more."""

    items: tuple[Item, ...]
    cut_off: bool


def read_file(file: File) -> Reading:
    """Every item of a file. Raises UnreadableFileError, naming line and column, or the entry that is none."""
    entries = _Entries(file.name)
    try:
        documents = list(_documents(_decoded(file)))
        _refuse_what_cannot_be_kept(file.name, documents)
        for document in documents:
            entries.read(document, "")
    except json.JSONDecodeError as error:
        where = (error.lineno, error.colno, error.msg)
        raise UnreadableFileError(
            file.name,
            "is not JSON: line {}, column {}: {}".format(*where),
            "JSON이 아니에요. {}행 {}열: {}".format(*where),
        ) from error
    except _GivenTwice as error:
        raise UnreadableFileError(
            file.name, f"an object gives '{error}' twice", f"한 객체에 '{error}' 항목이 두 번 있어요"
        ) from error
    except RecursionError as error:
        raise _too_deep(file.name) from error
    except UnreadableFileError:
        raise
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise UnreadableFileError(
            file.name, "has a number that is too long to be read", "너무 길어서 읽을 수 없는 숫자가 있어요"
        ) from error
    if not entries.items:
        raise UnreadableFileError(file.name, "has no entries at all", "항목이 하나도 없어요")
    return Reading(tuple(entries.items), entries.cut_off)


def _refuse_what_cannot_be_kept(name: str, documents: list[Any]) -> None:
    """Nesting that no table has, and characters that are none, which no answer and no database can hold."""
    pending = [(document, 0) for document in documents]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise _too_deep(name)
        if isinstance(value, str) and _NO_TEXT.search(value):
            raise UnreadableFileError(
                name,
                "has characters that are no text (halves of pairs, such as \\ud800)",
                "텍스트가 아닌 문자가 있어요(\\ud800처럼 짝이 없는 것)",
            )
        if isinstance(value, dict):
            pending += [(one, depth + 1) for pair in value.items() for one in pair]
        elif isinstance(value, list):
            pending += [(one, depth + 1) for one in value]


def _too_deep(name: str) -> UnreadableFileError:
    return UnreadableFileError(name, "is nested too deeply", "너무 깊게 중첩되어 있어요")


def _decoded(file: File) -> str:
    """The file as text: compressed as exports are, or written by a Windows shell, which makes UTF-16 of everything."""
    content = file.content
    if content.startswith(_GZIP):
        try:
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFileError(file.name, "is a damaged gzip file", "손상된 gzip 파일이에요") from error
    if len(content) > MAX_BYTES:
        megabytes = MAX_BYTES // 1024 // 1024
        raise UnreadableFileError(
            file.name, f"is larger than {megabytes} MB", f"파일이 {megabytes} MB보다 커요"
        )  # fmt: skip
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            file.name, f"is not UTF-8 text (byte {error.start})", f"UTF-8 텍스트가 아니에요({error.start}번째 바이트)"
        ) from error
    if not text.strip():
        raise UnreadableFileError(file.name, "is empty", "빈 파일이에요")
    return text


class _GivenTwice(ValueError):
    """An object with two entries of one name, of which one would be lost in silence."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        raise _GivenTwice(next(name for name in names if names.count(name) > 1))
    return found


def _documents(text: str) -> Iterator[Any]:
    """The JSON values of a text, one after the other: usually one, or one a line."""
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    place = _after_blanks(text, 0)
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        yield value
        place = _after_blanks(text, place)


def _after_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


class _Entries:
    """Collects items out of whatever is wrapped around them, counting for the report."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.items: list[Item] = []
        self.cut_off = False
        self.count = 0

    def read(self, value: object, kind: str) -> None:
        if isinstance(value, list):
            for one in value:
                self.read(one, kind)
        elif isinstance(value, dict):
            self._read_object(_untyped(value) if _is_typed(value) else value, kind)
        else:
            self.count += 1
            raise self._unknown(f"is {json.dumps(value)[:40]}", f"{json.dumps(value)[:40]}이에요")

    def _read_object(self, value: Mapping[str, Any], kind: str) -> None:
        fields = {plain(key): one for key, one in value.items()}
        if fields.get("nexttoken") or fields.get("lastevaluatedkey"):
            self.cut_off = True
        if "name" in fields:
            self._add(fields, kind)
        elif isinstance(fields.get("items"), list):
            self.read(fields["items"], kind)
        elif isinstance(fields.get("item"), dict):
            self.read(fields["item"], kind)
        elif isinstance(fields.get("putrequest"), dict):
            self.read(fields["putrequest"], kind)
        elif "usage" in fields:
            raise UnreadableFileError(
                self.file,
                "is the output of describe-schedule-usage, which does not say how schedules are defined; use"
                " describe-schedules and describe-periods",
                "describe-schedule-usage의 출력이에요. 일정 정의가 들어 있지 않으니 describe-schedules와"
                " describe-periods의 출력을 쓰세요",
            )
        elif wrapped := [key for key in fields if key in _WRAPPERS and isinstance(fields[key], list | dict)]:
            for key in wrapped:
                self.read(fields[key], _WRAPPERS[key])
        else:
            self.count += 1
            keys = ", ".join(list(value)[:5]) or "–"
            raise self._unknown(f"has the keys {keys}", f"키가 {keys}이에요")

    def _add(self, fields: Mapping[str, Any], kind: str) -> None:
        self.count += 1
        given = str(fields.get("type") or kind).lower()
        name = fields["name"]
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise self._unknown("has no readable name", "읽을 수 있는 이름이 없어요")
        if not given:
            raise self._unknown(
                f"('{name}') does not say whether it is a schedule or a period (type)",
                f"('{name}') 항목이 일정인지 시간 구간인지(type) 나와 있지 않아요",
            )
        self.items.append(Item(given, name.strip(), fields, f"{self.file} #{self.count}"))

    def _unknown(self, en: str, ko: str) -> UnreadableFileError:
        return UnreadableFileError(
            self.file,
            f"entry {self.count} {en}: not an item of Instance Scheduler's table, nor what its scheduler-cli prints",
            f"{self.count}번째 항목 {ko}. Instance Scheduler 테이블의 항목도, scheduler-cli의 출력도 아니에요",
        )


def plain(key: str) -> str:
    """A field's name without regard to how it is written: begintime for BeginTime, begin_time and begin-time."""
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _is_typed(value: Mapping[str, Any]) -> bool:
    """Whether these are attributes as DynamoDB writes them, each with its type."""
    return bool(value) and all(
        isinstance(one, dict) and len(one) == 1 and one.keys() <= _TAGS for one in value.values()
    )


def _untyped(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _plain_value(one) for key, one in value.items()}


def _plain_value(typed: Any) -> Any:
    if not (isinstance(typed, dict) and len(typed) == 1):
        return typed
    [(tag, value)] = typed.items()
    match tag:
        case "NULL":
            return None
        case "L" if isinstance(value, list):
            return [_plain_value(one) for one in value]
        case "M" if isinstance(value, dict):
            return _untyped(value)
        case _:
            return value
