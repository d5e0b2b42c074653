"""What checks show, as events for those who should hear of it. Called inside the transaction that made it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.events import trouble_of
from environments.models import Check, CheckState, Environment, Operation
from environments.models.texts import in_language
from environments.rules.durations import spoken
from notifications.models import Event
from notifications.outbox import publish

DOWN = "check.down"
UP = "check.up"
LATE = "check.late"
MISSED = "check.missed"
CERTIFICATE = "check.certificate"
NOT_READY = "environment.not_ready"

KINDS = {
    NOT_READY: _("Runs, but does not answer"),
    DOWN: _("Check: down"),
    MISSED: _("Check: missed"),
    LATE: _("Check: late"),
    UP: _("Check: up again"),
    CERTIFICATE: _("Check: the certificate ends soon"),
}

Texts = Mapping[str, str]
NAMED = 10
LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class _Words:
    """How a state is told: of one check, `{name}`, and of `{count}` checks of one environment."""

    kind: str
    severity: str
    one: Texts
    many: Texts


_WORDS: dict[str, _Words] = {
    CheckState.DOWN: _Words(
        DOWN,
        "error",
        {"en": "{name} is down", "ko": "{name} 응답 없음"},
        {"en": "{count} checks are down", "ko": "점검 {count}개 응답 없음"},
    ),
    CheckState.MISSED: _Words(
        MISSED,
        "error",
        {"en": "{name} was missed", "ko": "{name} 보고 누락"},
        {"en": "{count} reports were missed", "ko": "보고 {count}개 누락"},
    ),
    CheckState.LATE: _Words(
        LATE,
        "warning",
        {"en": "{name} is late", "ko": "{name} 보고 지연"},
        {"en": "{count} reports are late", "ko": "보고 {count}개 지연"},
    ),
    CheckState.UP: _Words(
        UP,
        "success",
        {"en": "{name} is up again", "ko": "{name} 정상 복구"},
        {"en": "{count} checks are up again", "ko": "점검 {count}개 정상 복구"},
    ),
}

# Ends of trouble that are no recovery: told to those who hear of recoveries.
_WORDS |= {
    CheckState.ASLEEP: _Words(
        UP,
        "info",
        {"en": "{name} sleeps now", "ko": "{name} 이제 자는 중"},
        {"en": "{count} checks sleep now", "ko": "점검 {count}개 이제 자는 중"},
    ),
    CheckState.UNKNOWN: _Words(
        UP,
        "info",
        {"en": "nothing is known of {name} any more", "ko": "{name} 이제 상태 알 수 없음"},
        {"en": "nothing is known of {count} checks any more", "ko": "점검 {count}개 이제 상태 알 수 없음"},
    ),
}
_SWITCHED_OFF = _Words(
    UP,
    "info",
    {"en": "{name} was switched off", "ko": "{name} 꺼짐"},
    {"en": "{count} checks were switched off", "ko": "점검 {count}개 꺼짐"},
)
_REMOVED = _Words(
    UP,
    "info",
    {"en": "{name} was removed", "ko": "{name} 삭제"},
    {"en": "{count} checks were removed", "ko": "점검 {count}개 삭제"},
)

# Of one check, where these say it better: an alarm does not answer, it rings.
_OF_KIND: dict[tuple[str, str], Texts] = {
    (CheckState.DOWN, Check.Kind.ALARM): {"en": "{name} in alarm", "ko": "{name} 경보 발생"},
    (CheckState.UP, Check.Kind.ALARM): {"en": "{name} out of alarm", "ko": "{name} 경보 해제"},
    (CheckState.DOWN, Check.Kind.HEARTBEAT): {"en": "{name} failed", "ko": "{name} 실패"},
    (CheckState.DOWN, Check.Kind.DEVICE): {"en": "{name} reports trouble", "ko": "{name} 이상 보고"},
}


def changed(environment: Environment, checks: Sequence[Check], now: datetime, *, over: bool) -> None:
    """Checks of one environment have all come into the same state, which is told: one message, however many they are.

    Each check's `reason` is what people read. `over`: no check of the environment is in trouble any more of which
    people were told. Whoever was told of trouble of its checks since then hears of each of its ends.
    """
    words = _words(checks)
    body = checks[0].reason if len(checks) == 1 else {lang: _listed(checks, lang) for lang in LANGUAGES}
    line, ends = title(environment, checks), words.kind == UP
    _publish(
        environment,
        words.kind,
        words.severity,
        line,
        body,
        now,
        thread=_trouble_of(environment),
        over=over and ends,
        follows=ends,
    )


def title(environment: Environment, checks: Sequence[Check]) -> Texts:
    """What is told of checks of one environment that are all in the same state, in a line."""
    words = _words(checks)
    one = _OF_KIND.get((checks[0].state, checks[0].kind), words.one)
    return _line(environment, checks, one, words.many)


def removed(environment: Environment, checks: Sequence[Check], why: Texts, now: datetime, *, over: bool) -> None:
    """Checks of one environment, of whose trouble people were told, are removed: one message. They are there still.
    `over`: as in `changed`, without them."""
    line = _line(environment, checks, _REMOVED.one, _REMOVED.many)
    _publish(
        environment,
        _REMOVED.kind,
        _REMOVED.severity,
        line,
        why,
        now,
        thread=_trouble_of(environment),
        over=over,
        follows=True,
    )


def _trouble_of(environment: Environment) -> str:
    """The matter that checks of an environment are in trouble: one, since what happens at once is told at once."""
    return f"environment-{environment.pk}-checks"


def _words(checks: Sequence[Check]) -> _Words:
    return _WORDS[checks[0].state] if checks[0].is_on else _SWITCHED_OFF


def _line(environment: Environment, checks: Sequence[Check], one: Texts, many: Texts) -> Texts:
    if len(checks) == 1:
        said = {language: text.replace("{name}", checks[0].name) for language, text in one.items()}
    else:
        said = {language: text.replace("{count}", str(len(checks))) for language, text in many.items()}
    return {language: f"{environment.name}: {text}" for language, text in said.items()}


def certificate(check: Check, until: datetime, now: datetime) -> None:
    """The certificate of an address ends soon, or has ended. Of each certificate it is told once."""
    environment = check.environment
    day = f"{until.astimezone(ZoneInfo(environment.zone_name)):%Y-%m-%d}"
    left = until - now
    if left > timedelta(days=1):
        en, ko = (spoken(timedelta(days=left.days), lang) for lang in LANGUAGES)
        line = {
            "en": f"{environment.name}: the certificate of {check.name} ends in {en}",
            "ko": f"{environment.name}: {check.name} 인증서 {ko} 뒤 만료",
        }
    elif left > timedelta():
        line = {
            "en": f"{environment.name}: the certificate of {check.name} ends within a day",
            "ko": f"{environment.name}: {check.name} 인증서 하루 안에 만료",
        }
    else:
        line = {
            "en": f"{environment.name}: the certificate of {check.name} has ended",
            "ko": f"{environment.name}: {check.name} 인증서 만료",
        }
    body = {
        "en": f"It is valid until {day} ({environment.zone_name}). Renew it before browsers and clients refuse it.",
        "ko": f"{day}({environment.zone_name})까지 유효해요. 브라우저와 클라이언트가 거부하기 전에 갱신하세요.",
    }
    key = f"check-{check.pk}-{CERTIFICATE}-{until:%Y%m%dT%H%M%SZ}"
    _publish(environment, CERTIFICATE, "warning", line, body, now, key=key)


def certificates_told(since: datetime) -> dict[int, datetime]:
    """Of which checks people were warned of a certificate since then, and when last; by check."""
    told = Event.objects.filter(kind=CERTIFICATE, at__gt=since, dedupe_key__isnull=False).order_by("at")
    return {int((key or "").split("-")[1]): at for key, at in told.values_list("dedupe_key", "at")}


def not_ready(operation: Operation, why: Texts, now: datetime) -> None:
    """A start or a redeploy has done its work, and what it waited for does not answer; `why` says what."""
    environment = operation.environment
    line = {
        "en": f"{environment.name} runs, but does not answer",
        "ko": f"{environment.name} 실행 중이지만 응답 없음",
    }
    actor = operation.actor.get_username() if operation.actor else ""
    key = f"operation-{operation.pk}-{NOT_READY}"
    trouble = trouble_of(environment)
    _publish(environment, NOT_READY, "warning", line, why, now, actor=actor, key=key, thread=trouble, follows=True)


def _listed(checks: Sequence[Check], language: str) -> str:
    lines = [f"{check.name}: {in_language(check.reason, language)}" for check in checks[:NAMED]]
    if len(checks) > NAMED:
        lines.append(f"(+{len(checks) - NAMED})")
    return "\n".join(lines)


def _publish(
    environment: Environment,
    kind: str,
    severity: str,
    line: Texts,
    body: Texts,
    now: datetime,
    *,
    actor: str = "",
    key: str | None = None,
    thread: str = "",
    over: bool = False,
    follows: bool = False,
) -> None:
    team = environment.team.name
    publish(
        kind=kind,
        severity=severity,
        labels={"environment": environment.slug, "team": team},
        title=line,
        body=body,
        fields=[({"en": "Team", "ko": "팀"}, {"en": team, "ko": team})],
        link=reverse("environments:page", args=[environment.slug]),
        actor=actor,
        now=now,
        dedupe_key=key,
        thread=thread,
        ends_thread=over,
        follows=follows,
    )
