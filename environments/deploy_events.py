"""New versions of environments, as events for those who should hear of it. Called inside the transaction that noted
them.

What a start or a redeploy then takes is told with it (`events`), and here with who made it and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Deployment, Environment, Operation
from notifications.outbox import publish

PUSHED = "image.pushed"
DONE = "deploy.done"
FAILED = "deploy.failed"
KINDS = {PUSHED: _("New image"), DONE: _("Deployed"), FAILED: _("Deployment failed")}
NAMED = 5
BROUGHT = 10
SHORT = 7
# A line of a message: the whole of it stands with the deployment.
LONGEST_LINE = 200

Texts = Mapping[str, str]
Fields = list[tuple[Texts, Texts]]
LABELS: dict[str, Texts] = {
    "tag": {"en": "Version", "ko": "버전"},
    "commit": {"en": "Commit", "ko": "커밋"},
    "author": {"en": "Author", "ko": "작성자"},
    "link": {"en": "Link", "ko": "링크"},
}


@dataclass(frozen=True, slots=True)
class Change:
    """A version that was taken: the one `before` it (None: nobody told of one), and those `brought` with it, newest
    first, that were told since then and never ran."""

    row: Deployment
    before: Deployment | None = None
    brought: tuple[Deployment, ...] = ()

    @property
    def version(self) -> str:
        """“2.14.3 → 2.15.3”; the version alone where nobody knows another before it."""
        moved = self.before is not None and self.before.tag != self.row.tag
        return f"{self.before.tag} → {self.row.tag}" if self.before is not None and moved else self.row.tag


def pushed(environment: Environment, images: Sequence[str], *, outlook: Texts, now: datetime) -> None:
    """New images that the environment takes (“chat-chat-http 2.15.0”): one event, however many came together.

    `outlook`: when it takes them.
    """
    named = _named(images)
    team = environment.team.name
    publish(
        kind=PUSHED,
        severity="info",
        labels={"environment": environment.slug, "team": team},
        title={"en": f"{environment.name}: new image {named}", "ko": f"{environment.name}: 새 이미지 {named}"},
        body=outlook,
        fields=[({"en": "Team", "ko": "팀"}, {"en": team, "ko": team})],
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
    )


def ended(operation: Operation, done: Sequence[Change], failed: Sequence[Deployment], now: datetime) -> None:
    """Versions that an operation took, and those that it failed to: an event each, however many versions."""
    key = f"operation-{operation.pk}"
    if done:
        _ended(operation.environment, DONE, "success", done, key, now)
    if failed:
        _ended(operation.environment, FAILED, "error", [Change(row) for row in failed], key, now)


def passed_over(environment: Environment, rows: Sequence[Deployment], now: datetime) -> None:
    """Versions that are not taken because newer images were there: one event."""
    key = f"deployment-{min(row.pk for row in rows)}-{now.isoformat()}"
    _ended(environment, FAILED, "error", [Change(row) for row in rows], key, now)


def _ended(
    environment: Environment, kind: str, severity: str, changes: Sequence[Change], key: str, now: datetime
) -> None:
    rows = [one.row for one in changes]
    name, team = environment.name, environment.team.name
    named = _named([f"{one.repository} {one.tag}".strip() for one in rows])
    titles = {
        DONE: {"en": f"{name} runs {named}", "ko": f"{name}: {named} 배포 완료"},
        FAILED: {"en": f"{name}: {named} was not deployed", "ko": f"{name}: {named} 배포 실패"},
    }
    notes = "\n".join(dict.fromkeys(one.note for one in rows if one.note))
    why = [one.reason for one in rows if one.reason] if kind == FAILED else []
    brought = _brought(changes)
    body = {
        language: "\n".join(part for part in (_each(why, language), notes, brought.get(language, "")) if part)
        for language in ("en", "ko")
    }
    publish(
        kind=kind,
        severity=severity,
        labels={"environment": environment.slug, "team": team},
        title=titles[kind],
        body=body,
        fields=[({"en": "Team", "ko": "팀"}, {"en": team, "ko": team}), *_fields(changes)],
        link=reverse("environments:page", args=[environment.slug]),
        actor=next((one.user.get_username() for one in rows if one.user), ""),
        now=now,
        dedupe_key=f"{key}-{kind}",
        thread=f"deploy-{environment.pk}",
        ends_thread=kind == DONE,
    )


def _fields(changes: Sequence[Change]) -> Fields:
    """What is new: of one version field by field, of several a line each."""
    if len(changes) == 1:
        one = changes[0].row
        known = {"tag": changes[0].version, "commit": one.commit[:SHORT], "author": one.author, "link": one.link}
        return [(LABELS[name], _plain(value)) for name, value in known.items() if value]
    return [
        (_plain(one.row.repository or one.row.tag), _plain(_line(one.version, one.row, one.row.link)))
        for one in changes[:NAMED]
    ]


def _brought(changes: Sequence[Change]) -> Texts:
    """The versions that came with these, a line each; empty where none did."""
    several = len({row.repository for one in changes for row in one.brought}) > 1
    rows = {row.pk: row for one in changes for row in one.brought}.values()
    lines = [
        _line(f"{row.repository} {row.tag}".strip() if several else row.tag, row, _first(row.note)) for row in rows
    ]
    if not lines:
        return {}
    more = len(lines) - BROUGHT
    said = {"en": ["Also new with it:"], "ko": ["함께 반영된 버전:"]}
    rest = {"en": f"… and {more} more", "ko": f"… 외 {more}개"}
    return {
        language: "\n".join([*head, *(f"- {line}" for line in lines[:BROUGHT]), *[rest[language]] * (more > 0)])
        for language, head in said.items()
    }


def _each(said: Sequence[Texts], language: str) -> str:
    return "\n".join(dict.fromkeys(one.get(language, "") for one in said[:NAMED]))


def _line(version: str, row: Deployment, last: str) -> str:
    return " · ".join(part for part in (version, row.commit[:SHORT], row.author, last) if part)


def _first(note: str) -> str:
    """The first line of a note, of which the rest is read elsewhere."""
    line = (note.strip().splitlines() or [""])[0]
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def _plain(value: str) -> Texts:
    return {"en": value, "ko": value}


def _named(images: Sequence[str]) -> str:
    shown, more = ", ".join(images[:NAMED]), len(images) - NAMED
    return f"{shown} (+{more})" if more > 0 else shown
