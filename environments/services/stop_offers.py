"""“Keep it on”, by the link of a warning before a stop: what is offered, and what a click does.

A click does what the board's “Keep on” does, with the same limits. Two people who click the same do not add up: what is
offered is a time, counted from the stop they were warned of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from environments import rules
from environments.models import Environment, State, Wish
from environments.rules.zones import WallClock, moment
from notifications import offers
from notifications.models import Contact
from notifications.offers import Choice, Offer
from notifications.texts import Texts, languages
from portal.money import money_words

from . import hold_ends, holds, plans
from .running_on import left_running, runs_until
from .specs import planned, spec_of

VERB: Final = "keep_on"
HOURS: Final = {"1h": 1, "2h": 2}
UNTIL: Final = "until"
JUST_PASSED: Final = timedelta(hours=3)
"""A time that has passed so lately is a slip, not tomorrow's."""
RUNS: Final = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})
GONE: Final = {"en": "This environment is not in the portal any more.", "ko": "이 환경은 이제 포털에 없어요."}


def offer_of(environment: Environment, stop: datetime, an_hour: Mapping[str, Decimal], now: datetime) -> Offer:
    """What its people can choose before it stops, each with its end and its price.

    Without what nobody may who may not pass its longest hold; reads nothing where it has none.
    """
    latest = _latest(environment, now)
    choices = []
    for key, hours in HOURS.items():
        end = stop + timedelta(hours=hours)
        if latest is None or end <= latest:
            label = {"en": f"Keep on {hours} h", "ko": f"{hours}시간 더 켜 두기"}
            choices.append(Choice(key, label, _note(end, price_words(an_hour, hours), environment, now)))
    prices = price_words(an_hour, 1)
    each = {lang: _until_note(prices.get(lang, ""), environment.zone_name, lang) for lang in languages()}
    choices.append(Choice(UNTIL, {"en": "Keep on until …", "ko": "시각을 정해 켜 두기"}, each, asks=offers.TIME))
    return Offer(VERB, f"{environment.pk}@{stop.isoformat()}", tuple(choices))


def price_words(an_hour: Mapping[str, Decimal], hours: int) -> Texts:
    """“$0.44”, in each language; {} where nothing has a price."""
    if not an_hour:
        return {}
    return {
        language: " + ".join(money_words(amount * hours, name, language=language) for name, amount in _sorted(an_hour))
        for language in languages()
    }


class KeepOn:
    """The deed behind the verb `keep_on` (`offers.Deed`)."""

    def standing(self, *, subject: str, now: datetime) -> Texts:
        """“chat-dev: Running until 20:00 (Asia/Seoul): schedule Office hours Seoul”."""
        environment, _stop = _read(subject, now)
        if environment is None:
            return dict(GONE)
        if environment.state not in RUNS:
            return _stopped(environment)
        try:
            found = rules.explain(spec_of(environment, now), now)
        except rules.RuleError as error:
            return {language: error.text(language) for language in languages()}
        return {lang: f"{environment.name}: {_with_zone(found, environment, lang)}" for lang in languages()}

    def do(self, *, subject: str, choice: str, value: str, contact: Contact | None, who: str, now: datetime) -> Texts:
        """Holds it until then; where it runs that long anyway, nothing is written, and that is said. Raises `Refused`.

        In the name of the account of whose link it is; a contact without one may do what people may who may pass no
        limits.
        """
        person = contact.user if contact else None
        with transaction.atomic():
            environment, stop = _read(subject, now, lock=True)
            if environment is None:
                raise offers.Refused(GONE)
            end = _end(environment, stop, choice, value, now)
            if runs_until := _runs_anyway(environment, end, now):
                return runs_until
            return _kept_on(environment, end, person, who, now)


def _kept_on(environment: Environment, end: datetime, person: User | None, who: str, now: datetime) -> Texts:
    try:
        hold = holds.keep_on(environment=environment, until=end, person=person, who=who, now=now)
    except PermissionDenied as error:
        raise offers.Refused(str(error)) from error
    except ValidationError as error:
        raise offers.Refused(" ".join(error.messages)) from error
    return _said(environment, hold.until or end, _KEPT, now)


def _runs_anyway(environment: Environment, end: datetime, now: datetime) -> Texts | None:
    """What is said where it runs that long already; Refused where it is stopped, or somebody stops it."""
    if environment.state not in RUNS:
        raise offers.Refused(_stopped(environment))
    try:
        spec = spec_of(environment, now)
        found = rules.explain(spec, now)
    except rules.RuleError as error:
        raise offers.Refused({language: error.text(language) for language in languages()}) from error
    if found.desired is rules.Desired.STOPPED and found.source.kind is rules.SourceKind.HOLD:
        why = {lang: f"{environment.name}: {_with_zone(found, environment, lang)}" for lang in languages()}
        raise offers.Refused(why)
    if found.desired is not rules.Desired.RUNNING and left_running(environment, spec, now) is None:
        return None
    stop = runs_until(environment, spec, now)
    if stop is None:
        return {language: text.replace("{name}", environment.name) for language, text in _NO_END.items()}
    return _said(environment, stop, _ANYWAY, now) if stop >= end else None


def _end(environment: Environment, stop: datetime, choice: str, value: str, now: datetime) -> datetime:
    if choice in HOURS:
        return stop + timedelta(hours=HOURS[choice])
    if choice != UNTIL:
        raise offers.Refused(_NO_CHOICE)
    try:
        minute = rules.parse_time("until", value, midnight=True)
    except rules.RuleError as error:
        raise offers.Refused({language: error.text(language) for language in languages()}) from error
    if minute is None:
        raise offers.Refused(_WHEN)
    zone = environment.zone_name
    clock, today = WallClock(ZoneInfo(zone)), plans.today(zone, now).toordinal()
    at = moment(clock.instant(today, minute))
    if timedelta() <= now - at < JUST_PASSED:
        raise offers.Refused({language: text.replace("{zone}", zone) for language, text in _PASSED.items()})
    return at if at > now else moment(clock.instant(today + 1, minute))


def _read(subject: str, now: datetime, *, lock: bool = False) -> tuple[Environment | None, datetime]:
    """The environment with all that its plan needs, and the stop that was warned of."""
    pk, _at, stop = subject.partition("@")
    if lock:
        Environment.objects.select_for_update().filter(pk=int(pk)).first()
    return Environment.objects.filter(pk=int(pk)).with_plan(now).first(), datetime.fromisoformat(stop)


def _with_zone(found: rules.Explanation, environment: Environment, language: str) -> str:
    """The plan's answer, its time with the zone that it is meant in."""
    zone = environment.zone_name
    return rules.with_zone(found.text(language, zone), zone, language)


def _latest(environment: Environment, now: datetime) -> datetime | None:
    """How far people may hold it on who may not exceed its limit."""
    if environment.max_hold_hours is None:
        return None
    return hold_ends.limit_of(planned(environment, now), Wish.RUNNING, AnonymousUser(), now=now).latest


def _note(end: datetime, price: Texts, environment: Environment, now: datetime) -> Texts:
    """“until 19:00 (Asia/Seoul), $0.22”."""
    zone = environment.zone_name
    times = {lang: rules.when(end, now, zone, lang) for lang in languages()}
    said = {lang: f"{times[lang]}까지 ({zone})" if lang == "ko" else f"until {times[lang]} ({zone})" for lang in times}
    return {lang: f"{text}, {price[lang]}" if price else text for lang, text in said.items()}


def _until_note(price: str, zone: str, language: str) -> str:
    """“$0.44 an hour, by the clock of Asia/Seoul”."""
    if language == "ko":
        return f"1시간에 {price}, {zone} 시각" if price else f"{zone} 시각"
    return f"{price} an hour, by the clock of {zone}" if price else f"By the clock of {zone}"


def _sorted(an_hour: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    return sorted(an_hour.items())


def _said(environment: Environment, at: datetime, words: Mapping[str, str], now: datetime) -> Texts:
    zone = environment.zone_name
    return {
        language: text.replace("{name}", environment.name)
        .replace("{time}", rules.when(at, now, zone, language))
        .replace("{zone}", zone)
        for language, text in words.items()
    }


def _stopped(environment: Environment) -> Texts:
    return {
        "en": f"{environment.name} does not run any more. Who may can start it on its page in the portal.",
        "ko": f"{environment.name}은(는) 이제 실행 중이 아니에요. 권한이 있으면 포털의 환경 페이지에서 시작하세요.",
    }


_KEPT: Final = {
    "en": "{name} is kept running until {time} ({zone}).",
    "ko": "{name}을(를) {time}까지 켜 둬요 ({zone}).",
}
_ANYWAY: Final = {
    "en": "{name} runs until {time} ({zone}) anyway, so nothing was changed.",
    "ko": "{name}은(는) 이미 {time}까지 켜져 있어서 ({zone}) 바뀐 것이 없어요.",
}
_NO_END: Final = {
    "en": "{name} runs without an end, so nothing was changed.",
    "ko": "{name}은(는) 끝나는 시각 없이 켜져 있어서 바뀐 것이 없어요.",
}
_WHEN: Final = {
    "en": "Until when? Write a time of day, for example 22:00.",
    "ko": "언제까지 켜 둘까요? 시각을 적어 주세요. 예: 22:00.",
}
_PASSED: Final = {
    "en": "That time has just passed ({zone}). Choose a later one.",
    "ko": "이미 지난 시각이에요 ({zone}). 더 나중 시각을 골라 주세요.",
}
_NO_CHOICE: Final = {"en": "This choice is not offered.", "ko": "선택할 수 없는 항목이에요."}
