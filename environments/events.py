"""What happens to environments, as events for those who should hear of it. Called inside the transaction that made it
so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Budget, BudgetNotice, Environment, Operation, OperationStep, Team
from environments.rules.durations import spoken
from environments.rules.wording import with_zone
from notifications.outbox import publish
from notifications.texts import languages
from portal.money import money_words, share_words

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

STARTING = "environment.starting"
READY = "environment.ready"
STOPPING = "environment.stopping"
STOPPED = "environment.stopped"
REDEPLOYING = "environment.redeploying"
REDEPLOYED = "environment.redeployed"
FAILED = "environment.failed"
EXPIRING = "environment.expiring"
CHANGED_OUTSIDE = "environment.changed_outside"
BUDGET_MOST = "budget.most"
BUDGET_USED_UP = "budget.used_up"
BUDGET_FORECAST = "budget.forecast"

SWITCHING_KINDS = {
    STARTING: _("Starting"),
    READY: _("Ready"),
    STOPPING: _("Stopping"),
    STOPPED: _("Stopped"),
    FAILED: _("Failed"),
    EXPIRING: _("Last day comes"),
    CHANGED_OUTSIDE: _("Changed outside"),
}
REDEPLOY_KINDS = {REDEPLOYING: _("Redeploying"), REDEPLOYED: _("Redeployed")}
BUDGET_KINDS = {
    BUDGET_MOST: _("Budget: used by 80 %"),
    BUDGET_USED_UP: _("Budget: used up"),
    BUDGET_FORECAST: _("Budget: will not suffice"),
}

Texts = Mapping[str, str]
Fields = list[tuple[Texts, Texts]]


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of a kind of operation, `{name}` being the environment's."""

    begins: str
    ends: str
    is_beginning: Texts
    is_done: Texts
    has_failed: Texts


_WORDS = {
    Operation.Kind.START: _Words(
        STARTING,
        READY,
        {"en": "{name} is starting", "ko": "{name} 시작 중"},
        {"en": "{name} is ready", "ko": "{name} 준비 완료"},
        {"en": "{name} failed to start", "ko": "{name} 시작 실패"},
    ),
    Operation.Kind.STOP: _Words(
        STOPPING,
        STOPPED,
        {"en": "{name} is stopping", "ko": "{name} 중지 중"},
        {"en": "{name} is stopped", "ko": "{name} 중지 완료"},
        {"en": "{name} failed to stop", "ko": "{name} 중지 실패"},
    ),
    Operation.Kind.REDEPLOY: _Words(
        REDEPLOYING,
        REDEPLOYED,
        {"en": "{name} is being redeployed", "ko": "{name} 재배포 중"},
        {"en": "{name} is redeployed", "ko": "{name} 재배포 완료"},
        {"en": "{name} could not be redeployed", "ko": "{name} 재배포 실패"},
    ),
}


def trouble_of(environment: Environment) -> str:
    """The matter that an environment is not as it should be: begins with what has failed or was changed outside, and is
    over with the next operation that succeeds."""
    return f"environment-{environment.pk}"


def announce(operation: Operation, now: datetime) -> None:
    """An operation is about to change something."""
    words = _WORDS[Operation.Kind(operation.kind)]
    fields = _images(operation.steps.all()) if operation.kind == Operation.Kind.REDEPLOY else []
    # A matter of its own: a second start after a stop is not the same again.
    thread = f"operation-{operation.pk}"
    _publish(operation, words.begins, "info", words.is_beginning, _why(operation), fields, thread=thread, now=now)


def finished(operation: Operation, steps: Sequence[OperationStep], now: datetime) -> None:
    """An operation has brought the environment where it should be."""
    words = _WORDS[Operation.Kind(operation.kind)]
    took = now - (operation.started_at or now)
    fields: Fields = [({"en": "Took", "ko": "걸린 시간"}, {"en": spoken(took, "en"), "ko": spoken(took, "ko")})]
    fields += _images(steps)
    trouble = trouble_of(operation.environment)
    _publish(
        operation,
        words.ends,
        "success",
        words.is_done,
        _why(operation),
        fields,
        thread=trouble,
        ends_thread=True,
        now=now,
    )


def failed(operation: Operation, why: Texts, now: datetime) -> None:
    """An operation ended without reaching its goal; `why` is what people read on the environment's page."""
    words = _WORDS[Operation.Kind(operation.kind)]
    _publish(operation, FAILED, "error", words.has_failed, why, thread=trouble_of(operation.environment), now=now)


def _why(operation: Operation) -> Texts:
    """The operation's reason; where that is a plan's answer, with the zone of its time: it is read in chats and mails,
    under headings that name the channel's own."""
    zone = operation.environment.zone_name
    return {lang: with_zone(operation.reason[lang], zone, lang) for lang in languages() if lang in operation.reason}


def _images(steps: Iterable[OperationStep]) -> Fields:
    """What each target takes, or of a redeploy what changes: “chat-chat-http 2.14.2 → 2.14.3”; the same once."""
    said = [step for step in steps if step.name == "resolve" and (step.memo.get("images") or step.memo.get("changes"))]
    if not said:
        return []
    texts = {language: "; ".join(dict.fromkeys(step.detail[language] for step in said)) for language in ("en", "ko")}
    only_images = all(change["repository"] for step in said for change in step.memo.get("changes", []))
    label = {"en": "Images", "ko": "이미지"} if only_images else {"en": "Parameters", "ko": "파라미터"}
    return [(label, texts)]


def expiring(environment: Environment, now: datetime) -> None:
    """The last day of an environment comes."""
    day = environment.expires_on
    publish(
        kind=EXPIRING,
        severity="warning",
        labels=_labels(environment),
        title={"en": f"{environment.name} expires after {day}", "ko": f"{environment.name}: 마지막 날 {day}"},
        body={
            "en": "At the end of that day it is stopped for good. Who still needs it moves its last day, or asks an"
            " operator to.",
            "ko": "그날이 끝나면 완전히 중지해요. 계속 필요하면 마지막 날을 바꾸거나 운영자에게 요청하세요.",
        },
        fields=_team(environment),
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
    )


def changed_outside(environment: Environment, why: Texts, since: datetime, now: datetime) -> None:
    """Somebody started or stopped it outside of the portal; told once for each time (`since`). `why` names the zone of
    the times in it: it goes to chats and mails, too."""
    publish(
        kind=CHANGED_OUTSIDE,
        severity="warning",
        labels=_labels(environment),
        title={"en": f"{environment.name} was changed outside", "ko": f"{environment.name} 외부에서 변경됨"},
        body=why,
        fields=_team(environment),
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
        dedupe_key=f"environment-{environment.pk}-changed-outside-{since.isoformat()}",
        thread=trouble_of(environment),
    )


_BUDGETS: dict[str, tuple[str, str, Texts]] = {
    BudgetNotice.Level.MOST: (
        BUDGET_MOST,
        "warning",
        {"en": "{name}: 80 % of the budget is used", "ko": "{name}: 예산 80% 사용"},
    ),
    BudgetNotice.Level.ALL: (
        BUDGET_USED_UP,
        "error",
        {"en": "{name}: the budget is used up", "ko": "{name}: 예산 소진"},
    ),
    BudgetNotice.Level.FORECAST: (
        BUDGET_FORECAST,
        "warning",
        {"en": "{name}: the budget will not suffice", "ko": "{name}: 예산 초과 예상"},
    ),
}


def budget(
    one: Budget, level: str, month: date, *, used: Decimal | None, expected: Decimal | None, now: datetime
) -> None:
    """A budget has reached a level in a month. Who tells it has made sure that it is told once."""
    kind, severity, title = _BUDGETS[level]
    owner = one.environment or one.team
    if owner is None:
        raise AssertionError("the database keeps an environment or a team a budget")
    name = owner.name
    environment = one.environment
    team = environment.team if environment else one.team
    asked = f"environment={environment.slug}" if environment else f"team={owner.pk}"
    publish(
        kind=kind,
        severity=severity,
        labels={"environment": environment.slug if environment else "", "team": team.name if team else ""},
        title={language: text.replace("{name}", name) for language, text in title.items()},
        body={language: _of_budget(one, language, month, used, expected) for language in ("en", "ko")},
        fields=[({"en": "Team", "ko": "팀"}, {"en": team.name, "ko": team.name})] if environment and team else [],
        link=f"{reverse('environments:costs')}?period={month:%Y-%m}&{asked}",
        now=now,
    )


def _of_budget(one: Budget, language: str, month: date, used: Decimal | None, expected: Decimal | None) -> str:
    def money(amount: Decimal) -> str:
        return money_words(amount, one.currency, language=language)

    used = used or Decimal(0)
    share = share_words(used / one.amount, language=language)
    said = {
        "en": f"In {month:%Y-%m} it has cost {money(used)} of {money(one.amount)} so far ({share}).",
        "ko": f"{month.year}년 {month.month}월에 지금까지 {money(one.amount)} 중 {money(used)}을 썼어요({share}).",
    }[language]
    if expected is not None:
        said += {
            "en": f" By its plan it will cost {money(expected)} by the end of the month.",
            "ko": f" 계획대로면 월말까지 {money(expected)}이 들 것으로 예상해요.",
        }[language]
    if one.blocks_extensions and used >= one.amount:
        said += {
            "en": " Managers cannot keep anything on beyond its plan now; operators can.",
            "ko": " 이제 관리자는 계획을 넘겨 켜 둘 수 없어요. 운영자는 할 수 있어요.",
        }[language]
    return said


def _labels(environment: Environment) -> dict[str, str]:
    return {"environment": environment.slug, "team": environment.team.name}


def teams_of(user: User | AnonymousUser) -> list[str]:
    """The names of somebody's teams, as events carry them in their label “team”."""
    return list(Team.objects.filter(members=user.pk).values_list("name", flat=True))


def _team(environment: Environment) -> Fields:
    return [({"en": "Team", "ko": "팀"}, {"en": environment.team.name, "ko": environment.team.name})]


def _publish(
    operation: Operation,
    kind: str,
    severity: str,
    title: Texts,
    body: Texts,
    fields: Fields | None = None,
    *,
    thread: str,
    ends_thread: bool = False,
    now: datetime,
) -> None:
    environment = operation.environment
    publish(
        kind=kind,
        severity=severity,
        labels=_labels(environment),
        title={language: text.replace("{name}", environment.name) for language, text in title.items()},
        body=body,
        fields=_team(environment) + (fields or []),
        link=reverse("environments:page", args=[environment.slug]),
        actor=operation.actor.get_username() if operation.actor else "",
        now=now,
        dedupe_key=f"operation-{operation.pk}-{kind}",
        thread=thread,
        ends_thread=ends_thread,
    )
