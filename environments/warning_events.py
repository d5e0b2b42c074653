"""That an environment is about to stop: an event whose readers can keep it on by a click.

Called inside the transaction that notes of which stop they were warned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments import rules
from environments.models import Environment
from notifications.offers import Offer
from notifications.outbox import publish

STOP_COMES = "environment.stop_comes"
KINDS = {STOP_COMES: _("Stops soon")}

Texts = Mapping[str, str]
LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Stop:
    """A planned stop: when, and why; `over_budget` says why it cannot be kept on, empty where it can."""

    at: datetime
    why: Texts
    over_budget: Texts


def stop_comes(
    environment: Environment,
    stop: Stop,
    *,
    an_hour: Texts,
    offer: Offer | None,
    people: Sequence[int],
    told_before: datetime | None,
    now: datetime,
) -> None:
    """People are warned of a planned stop, once; it is no news after the stop.

    `an_hour`: what an hour more costs, empty where nobody knows. `told_before`: of which stop they were warned last.
    """
    zone = environment.zone_name
    team, times = environment.team.name, {lang: rules.when(stop.at, now, zone, lang) for lang in LANGUAGES}
    fields: list[tuple[Texts, Texts]] = [
        ({"en": "Team", "ko": "팀"}, {"en": team, "ko": team}),
        ({"en": "Why", "ko": "이유"}, stop.why),
    ]
    if an_hour:
        fields.append(({"en": "Each hour longer", "ko": "1시간 연장 비용"}, an_hour))
    publish(
        kind=STOP_COMES,
        severity="warning",
        labels={"environment": environment.slug, "team": team},
        title={
            "en": f"{environment.name} stops at {times['en']} ({zone})",
            "ko": f"{environment.name} {times['ko']} 중지 예정 ({zone})",
        },
        body=stop.over_budget or ASKS,
        fields=fields,
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
        dedupe_key=_key(environment, stop.at, told_before, now),
        until=stop.at,
        offer=offer,
        concerned=people,
    )


ASKS: Texts = {
    "en": "If you still need it, keep it on. Otherwise there is nothing to do.",
    "ko": "아직 필요하면 계속 켜 두세요. 필요 없으면 그대로 두면 돼요.",
}


def _key(environment: Environment, stop: datetime, told_before: datetime | None, now: datetime) -> str:
    """A stop that was moved away and back, however often, is warned of anew: that it is told once each time is kept by
    who publishes it."""
    again = f"-again-{now:%Y%m%dT%H%M%S.%fZ}" if told_before else ""
    return f"environment-{environment.pk}-stops-{stop:%Y%m%dT%H%M%SZ}{again}"
