"""What AWS Instance Scheduler's items mean here: schedules with their periods, and what of them has no place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from environments import rules

from . import instance_scheduler_texts as texts
from .instance_scheduler_files import File, Item, Text, UnreadableFileError, read_file
from .instance_scheduler_items import Notes, Table, days_of, switch_of, text_of, words_of
from .instance_scheduler_texts import say

NAME_LENGTH: Final = 80
DESCRIPTION_LENGTH: Final = 300
DAYS_LENGTH: Final = 120
DEFAULT_ZONE: Final = "UTC"

_DAY_FIELDS: Final = ("weekdays", "monthdays", "months")
_PERIOD_FIELDS: Final = ("begintime", "endtime", *_DAY_FIELDS)
_SCHEDULE_KNOWN: Final = frozenset(
    (
        *("type", "name", "description", "timezone", "overridestatus", "periods", "enforced", "retainrunning"),
        *("hibernate", "usemaintenancewindow", "ssmmaintenancewindow", "usemetrics", "metrics", "stopnewinstances"),
        *("configuredinstack", "overwrite"),
    )
)
_PERIOD_KNOWN: Final = frozenset(("type", "name", "description", "configuredinstack", *_PERIOD_FIELDS))


@dataclass(frozen=True, slots=True)
class PeriodText:
    """A period as it is written; times and days as `environments.rules` reads them."""

    name: str
    begintime: str
    endtime: str
    weekdays: str
    monthdays: str
    months: str

    def rule(self) -> rules.Period:
        """Raises RuleError naming the field and the part that cannot be read."""
        return rules.parse_period(
            self.name, self.begintime, self.endtime, self.weekdays, self.monthdays, self.months
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """A schedule to be taken over; not when there are `refusals`. `left_out`: what of it is not, and why; `remarks`:
    what else its people should know."""

    name: str
    description: str = ""
    timezone: str = DEFAULT_ZONE
    override: str = ""
    enforced: bool = False
    retain_running: bool = False
    periods: tuple[PeriodText, ...] = ()
    left_out: tuple[Text, ...] = ()
    remarks: tuple[Text, ...] = ()
    refusals: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """All schedules of the files, by name; `left_out`: what else was in them."""

    schedules: tuple[Definition, ...]
    left_out: tuple[Text, ...]


def read(files: Sequence[File], *, zones: frozenset[str], default_zone: str = "") -> Definitions:
    """The schedules of all files together: periods may be in another file than the schedules that use them.

    `zones` are the time zones there are; `default_zone` is taken where neither schedule nor configuration names one.
    Raises UnreadableFileError for a file that cannot be read, and where there is no schedule.
    """
    items: list[Item] = []
    left_out: list[Text] = []
    for file in files:
        reading = read_file(file)
        items += reading.items
        if reading.cut_off:
            left_out.append({language: f"{file.name}: {text}" for language, text in texts.CUT_OFF.items()})
    table = Table(items)
    if not table.names("schedule"):
        count = len(table.names("period"))
        raise UnreadableFileError(
            ", ".join(file.name for file in files),
            f"no schedule in it ({count} periods); add the output of describe-schedules, or scan the whole table",
            f"일정이 없어요(시간 구간 {count}개). describe-schedules의 출력을 함께 고르거나 테이블 전체를"
            " 스캔해 주세요",
        )
    reader = _Reader(table, zones, default_zone)
    schedules = tuple(reader.schedule(name) for name in table.names("schedule"))
    return Definitions(schedules, (*left_out, *reader.rest()))


class _Reader:
    def __init__(self, table: Table, zones: frozenset[str], default_zone: str) -> None:
        self.table = table
        self.zones = zones
        self.used: set[str] = set()
        configured = str(table.config().get("defaulttimezone") or "")
        self.assumed = next(
            (zone, source)
            for zone, source in ((configured, "config"), (default_zone, "given"), (DEFAULT_ZONE, ""))
            if zone
        )

    def schedule(self, name: str) -> Definition:
        notes = Notes()
        found = self.table.find("schedule", name)
        if len(found) > 1:
            notes.refusals.append(_twice(say("it", "이 일정"), found))
        item = found[0]
        if len(name) > NAME_LENGTH:
            notes.refusals.append(_too_long("name", NAME_LENGTH))
        description = text_of(item, "description", notes)
        if len(description) > DESCRIPTION_LENGTH:
            notes.left_out.append(texts.cut_description(DESCRIPTION_LENGTH))
        override = self._override(item, notes)
        periods = tuple(self._periods(item, notes))
        if not periods and not override and not notes.refusals:
            notes.refusals.append(texts.NO_PERIODS)
        zone = self._zone(item, notes)
        enforced, retain_running = switch_of(item, "enforced", notes), switch_of(item, "retainrunning", notes)
        _left_out(item, notes)
        return Definition(
            name,
            description=description[:DESCRIPTION_LENGTH].rstrip(),
            timezone=zone,
            override=override,
            enforced=bool(enforced),
            retain_running=bool(retain_running),
            periods=periods,
            left_out=tuple(notes.left_out),
            remarks=tuple(notes.remarks),
            refusals=tuple(notes.refusals),
        )

    def rest(self) -> Iterator[Text]:
        """What no schedule takes with it: periods that none uses, the configuration, items of other kinds."""
        unused = [name for name in self.table.names("period") if name not in self.used]
        if unused:
            named = ", ".join(unused)
            yield say(f"Periods that no schedule uses: {named}", f"어느 일정도 쓰지 않는 시간 구간: {named}")
        for key, value in sorted(self.table.config().items()):
            if key in {"type", "name", "defaulttimezone"} or value in (None, "", [], {}):
                continue
            why = texts.CONFIG.get(key, say("a setting that is not known here", "여기서 알지 못하는 설정이에요"))
            yield say(f"Configuration, {key}: {why['en']}", f"설정 {key}: {why['ko']}")
        for item in self.table.others():
            yield say(
                f"{item.place}: an item of type '{item.kind}'", f"{item.place}: '{item.kind}' 유형의 항목"
            )  # fmt: skip

    def _zone(self, item: Item, notes: Notes) -> str:
        zone = text_of(item, "timezone", notes)
        if not zone:
            zone, source = self.assumed
            notes.remarks.append(texts.zone_assumed(zone, source))
        if zone not in self.zones:
            alike = next((known for known in self.zones if known.lower() == zone.lower()), "")
            notes.refusals.append(
                say(
                    f"timezone: there is no time zone '{zone}'" + (f"; it is written {alike}" if alike else ""),
                    f"timezone: '{zone}'(이)라는 시간대는 없어요" + (f". {alike}(으)로 적어요" if alike else ""),
                )
            )
        return zone

    def _override(self, item: Item, notes: Notes) -> str:
        override = text_of(item, "overridestatus", notes).lower()
        if override not in {"", "running", "stopped"}:
            notes.refusals.append(
                say(
                    f"override_status: '{override}' is neither running nor stopped",
                    f"override_status: '{override}'은(는) running도 stopped도 아니에요",
                )
            )
        return override

    def _periods(self, item: Item, notes: Notes) -> Iterator[PeriodText]:
        """Its periods, each once, however many instance types it is meant for."""
        taken: dict[str, PeriodText] = {}
        for reference in sorted(words_of(item, "periods", notes)):
            name, _at, kind = reference.partition("@")
            name = name.strip()
            self.used.add(name)
            if kind:
                notes.left_out.append(texts.instance_type(name, kind))
            if name in taken:
                continue
            found = self.table.find("period", name)
            if not found:
                notes.refusals.append(self._missing(name))
            elif len(found) > 1:
                notes.refusals.append(_twice(say(f"period {name}", f"시간 구간 {name}"), found))
            else:
                taken[name] = self._period(found[0], notes)
        yield from taken.values()
        sided = {(one.begintime == "", one.endtime == "") for one in taken.values()}
        if {(True, False), (False, True)} <= sided:
            notes.remarks.append(texts.BOTH_ONE_SIDED)

    def _missing(self, name: str) -> Text:
        alike = next((known for known in self.table.names("period") if known.lower() == name.lower()), "")
        return say(
            f"period {name} is in none of the files" + (f"; there is {alike}, written differently" if alike else ""),
            f"시간 구간 {name}이(가) 어느 파일에도 없어요" + (f". 다르게 적힌 {alike}은(는) 있어요" if alike else ""),
        )

    def _period(self, item: Item, notes: Notes) -> PeriodText:
        period = PeriodText(
            item.name,
            text_of(item, "begintime", notes),
            text_of(item, "endtime", notes),
            *(days_of(words_of(item, name, notes)) for name in _DAY_FIELDS),
        )
        notes.refusals += _problems(period)
        if not any(getattr(period, name) for name in _PERIOD_FIELDS):
            notes.refusals.append(
                say(
                    f"period {item.name} has neither times nor days: Instance Scheduler refuses it, and here it would"
                    " run always",
                    f"시간 구간 {item.name}에 시각도 요일·날짜도 없어요. Instance Scheduler도 거부하고, 여기서는 항상"
                    " 실행돼요",
                )
            )
        notes.remarks += [
            texts.step_differs(item.name, part)
            for part in period.monthdays.split(",")
            if re.search(r"/\d\d", part)
        ]  # fmt: skip
        if description := text_of(item, "description", notes):
            notes.left_out.append(texts.period_description(item.name, description))
        notes.left_out += [
            texts.unknown_field(f"{item.name}.{key}") for key in sorted(item.fields.keys() - _PERIOD_KNOWN)
        ]
        return period


def _problems(period: PeriodText) -> Iterator[Text]:
    """Each field that the rules refuse; then what is wrong with all of them together."""
    where = (f"period {period.name}", f"시간 구간 {period.name}")
    if len(period.name) > NAME_LENGTH:
        yield _too_long("name", NAME_LENGTH, *where)
    told: set[str] = set()
    for fields in [*((name,) for name in _PERIOD_FIELDS), _PERIOD_FIELDS]:
        try:
            rules.parse_period("", **{name: getattr(period, name) for name in fields})
        except rules.RuleError as error:
            if error.field not in told:
                told.add(error.field)
                yield say(f"{where[0]}, {error.field}: {error.en}", f"{where[1]}, {error.field}: {error.ko}")
    for name in _DAY_FIELDS:
        if len(getattr(period, name)) > DAYS_LENGTH:
            yield _too_long(name, DAYS_LENGTH, *where)


def _left_out(item: Item, notes: Notes) -> None:
    """What a schedule says beyond when, and is not as it would be anyway."""
    for key, text in (("hibernate", texts.HIBERNATE), ("usemaintenancewindow", texts.MAINTENANCE)):
        if switch_of(item, key, notes):
            notes.left_out.append(text)
    if switch_of(item, "usemetrics", notes) or switch_of(item, "metrics", notes):
        notes.left_out.append(texts.METRICS)
    stop_new = switch_of(item, "stopnewinstances", notes)
    if stop_new is not None:
        notes.left_out.append(texts.STOP_NEW if stop_new else texts.KEEP_NEW)
    if windows := words_of(item, "ssmmaintenancewindow", notes):
        notes.left_out.append(texts.ssm_window(", ".join(sorted(windows))))
    if stack := text_of(item, "configuredinstack", notes):
        notes.left_out.append(texts.in_stack(stack))
    notes.left_out += [texts.unknown_field(key) for key in sorted(item.fields.keys() - _SCHEDULE_KNOWN)]


def _twice(what: Text, items: Sequence[Item]) -> Text:
    places = ", ".join(item.place for item in items)
    return say(
        f"{what['en']} is defined more than once, each time otherwise ({places})",
        f"{what['ko']}이(가) 서로 다르게 여러 번 정의되어 있어요({places})",
    )


def _too_long(name: str, limit: int, en: str = "", ko: str = "") -> Text:
    return say(
        f"{en}{', ' if en else ''}{name}: longer than {limit} characters",
        f"{ko}{', ' if ko else ''}{name}: {limit}자보다 길어요",
    )
