"""Taking schedules over from AWS Instance Scheduler, with a report of what was taken over, what was not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import translation

from environments import rules
from environments.models import Environment, Period, Schedule
from environments.models.schedule import zone_names

from . import cost_marks, instance_scheduler, recorded, schedules
from .instance_scheduler import Definition
from .instance_scheduler_files import File, Text, UnreadableFileError
from .instance_scheduler_texts import say

NOTHING: Final = say("nothing", "없음")
OVERRIDES: Final = {"running": say("always running", "항상 실행"), "stopped": say("always stopped", "항상 중지")}


class Outcome(StrEnum):
    """What becomes of a schedule of the files."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EXISTS = "exists"
    REFUSED = "refused"


# In the order in which reports list them: first what somebody has to look at.
ORDER: Final = (Outcome.REFUSED, Outcome.EXISTS, Outcome.UPDATED, Outcome.ADDED, Outcome.UNCHANGED)
OUTCOMES: Final[dict[Outcome, Text]] = {
    Outcome.ADDED: say("added", "추가"),
    Outcome.UPDATED: say("updated", "변경"),
    Outcome.UNCHANGED: say("unchanged", "그대로"),
    Outcome.EXISTS: say(
        "not taken over: a schedule of this name exists and differs", "가져오지 않음: 같은 이름의 다른 일정이 있음"
    ),
    Outcome.REFUSED: say("not taken over", "가져오지 않음"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A schedule of the report. `differences` from the one that exists; `environments` that use it (updates only)."""

    name: str
    outcome: Outcome
    summary: Text
    differences: tuple[Text, ...]
    left_out: tuple[Text, ...]
    remarks: tuple[Text, ...]
    refusals: tuple[Text, ...]
    environments: int = 0

    @property
    def words(self) -> Text:
        return OUTCOMES[self.outcome]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or (`dry_run`) would do."""

    rows: tuple[Row, ...]
    left_out: tuple[Text, ...]
    dry_run: bool

    def names(self, outcome: Outcome) -> list[str]:
        return [row.name for row in self.rows if row.outcome is outcome]

    @property
    def changes(self) -> bool:
        return bool(self.names(Outcome.ADDED) or self.names(Outcome.UPDATED))


def import_schedules(
    *, files: Sequence[File], update: bool = False, dry_run: bool = False, default_zone: str = "", now: datetime
) -> Report:
    """Take over every schedule of the files that can be, all of them in one transaction.

    One that exists and differs is left alone, unless `update` asks for it to be overwritten; then the plans of exactly
    its environments are due. What is there already is not written again: a second import changes nothing. Raises
    UnreadableFileError for files that are refused as a whole; then nothing was changed.
    """
    definitions = instance_scheduler.read(files, zones=zone_names(), default_zone=default_zone)
    try:
        with transaction.atomic():
            rows = _apply(definitions.schedules, update=update, dry_run=dry_run, now=now)
    except IntegrityError as error:
        raise UnreadableFileError(
            "",
            "Somebody else added a schedule of the same name just now. Nothing was taken over; try again.",
            "방금 다른 사람이 같은 이름의 일정을 추가했어요. 아무것도 가져오지 않았으니 다시 시도해 주세요.",
        ) from error
    rows.sort(key=lambda row: (ORDER.index(row.outcome), row.name.lower()))
    return Report(tuple(rows), definitions.left_out, dry_run)


def _apply(wanted: Sequence[Definition], *, update: bool, dry_run: bool, now: datetime) -> list[Row]:
    names = [one.name for one in wanted]
    existing = Schedule.objects.filter(name__in=names).prefetch_related("periods")
    if not dry_run:
        existing = existing.select_for_update()
    known = {schedule.name: schedule for schedule in existing}
    using = Counter(Environment.objects.filter(schedule__in=known.values()).values_list("schedule__name", flat=True))
    rows: list[Row] = []
    added: list[Definition] = []
    for one in wanted:
        schedule = known.get(one.name)
        differences = tuple(_differences(schedule, one)) if schedule and not one.refusals else ()
        outcome = _outcome(schedule, one, differences, update=update)
        if outcome is Outcome.ADDED:
            added.append(one)
        elif outcome is Outcome.UPDATED and schedule is not None and not dry_run:
            _overwrite(schedule, one, now)
        environments = using[one.name] if outcome is Outcome.UPDATED else 0
        if outcome is Outcome.REFUSED:
            rows.append(Row(one.name, outcome, {}, (), (), (), one.refusals))
            continue
        summary = _summary(one)
        rows.append(Row(one.name, outcome, summary, differences, one.left_out, one.remarks, (), environments))
    if added and not dry_run:
        _add(added)
    return rows


def _outcome(schedule: Schedule | None, one: Definition, differences: Sequence[Text], *, update: bool) -> Outcome:
    if one.refusals:
        return Outcome.REFUSED
    if schedule is None:
        return Outcome.ADDED
    if not differences:
        return Outcome.UNCHANGED
    return Outcome.UPDATED if update else Outcome.EXISTS


def _add(wanted: Sequence[Definition]) -> None:
    """New schedules have no environments yet: no plan becomes due."""
    made = recorded.create(Schedule, [Schedule(name=one.name, **_values(one)) for one in wanted])
    rows = [row for schedule, one in zip(made, wanted, strict=True) for row in _periods(schedule, one)]
    recorded.create(Period, rows)


def _overwrite(schedule: Schedule, one: Definition, now: datetime) -> None:
    zone_name = schedule.timezone
    for name, value in _values(one).items():
        setattr(schedule, name, value)
    schedule.save()
    if _different_periods(schedule, one):
        schedule.periods.all().delete()
        recorded.create(Period, _periods(schedule, one))
    if schedule.timezone != zone_name:
        cost_marks.mark_zone(schedule=schedule, now=now)
    schedules.plan_changed(schedule=schedule, now=now)


def _values(one: Definition) -> dict[str, Any]:
    return {
        "description": one.description,
        "timezone": one.timezone,
        "override": one.override,
        "enforced": one.enforced,
        "retain_running": one.retain_running,
    }


def _periods(schedule: Schedule, one: Definition) -> list[Period]:
    return [
        Period(
            schedule=schedule,
            name=period.name,
            begin_time=period.begintime,
            end_time=period.endtime,
            weekdays=period.weekdays,
            monthdays=period.monthdays,
            months=period.months,
        )
        for period in one.periods
    ]


def _differences(schedule: Schedule, one: Definition) -> Iterator[Text]:
    for name, value in _values(one).items():
        if getattr(schedule, name) != value:
            yield _differs(name, getattr(schedule, name), value)
    if _different_periods(schedule, one):
        yield _differs("periods", _told(schedule.periods.all()), _told(_periods(schedule, one)))


def _different_periods(schedule: Schedule, one: Definition) -> bool:
    """By what they mean: mon-fri is 0-4, and their order says nothing."""
    try:
        here = Counter(rules.parse_period(**period.rule_fields()) for period in schedule.periods.all())
    except rules.RuleError:
        return True
    return here != Counter(period.rule() for period in one.periods)


LABELS: Final = {
    "description": say("description", "설명"),
    "timezone": say("time zone", "시간대"),
    "override": say("override", "일정 무시"),
    "enforced": say("enforced", "강제 적용"),
    "retain_running": say("spares what ran before", "먼저 실행 중이던 것은 유지"),
    "periods": say("periods", "시간 구간"),
}
"""The fields as their forms call them."""


def _differs(name: str, here: object, there: object) -> Text:
    def shown(value: object, language: str) -> str:
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "ko": ("아니요", "예")}[language][value]
        text = OVERRIDES.get(str(value), value) if name == "override" else value
        said = text[language] if isinstance(text, dict) else text
        return f"“{said}”" if said else NOTHING[language]

    return say(
        f"{LABELS[name]['en']}: {shown(here, 'en')} here, {shown(there, 'en')} in the file",
        f"{LABELS[name]['ko']}: 여기는 {shown(here, 'ko')}, 파일은 {shown(there, 'ko')}",
    )


def _summary(one: Definition) -> Text:
    """What it says, in a line: “Asia/Seoul · office: 09:00–18:00 mon-fri · enforced”."""
    flags = [
        *([OVERRIDES[one.override]] if one.override else []),
        *([say("enforced", "강제 적용")] if one.enforced else []),
        *([say("spares what ran before", "먼저 실행 중이던 것은 유지")] if one.retain_running else []),
    ]
    periods = _told(_periods(Schedule(), one))
    return {
        language: " · ".join(
            [one.timezone, *([told] if (told := periods[language]) else []), *(flag[language] for flag in flags)]
        )
        for language in ("en", "ko")
    }


def _told(rows: Iterable[Period]) -> Text:
    """Periods as people read them, in both languages whoever asks."""
    found = list(rows)
    told: dict[str, str] = {}
    for language in ("en", "ko"):
        with translation.override(language):
            told[language] = "; ".join(str(period) for period in found)
    return told
