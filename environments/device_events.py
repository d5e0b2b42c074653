"""What devices report, as events for those who should hear of it. Called inside the transaction that made it so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Environment
from notifications.outbox import publish

URGENT = "device.urgent"
KINDS = {URGENT: _("Device: urgent report")}

Texts = Mapping[str, str]
NAMED = 20


def urgent(environment: Environment, told: Sequence[tuple[str, Texts]], now: datetime) -> None:
    """Devices of one environment have reported something urgent: their names, and what each said. One message."""
    names = [name for name, _said in told]
    shown, beside = ", ".join(names[:NAMED]), f" (+{len(names) - NAMED})" if len(names) > NAMED else ""
    publish(
        kind=URGENT,
        severity="error",
        labels={"environment": environment.slug, "team": environment.team.name},
        title={
            "en": f"{environment.name}: urgent report of {shown}{beside}",
            "ko": f"{environment.name}: {shown}{beside} 긴급 보고",
        },
        body={language: _listed(told, language) for language in ("en", "ko")},
        fields=[({"en": "Team", "ko": "팀"}, {"en": environment.team.name, "ko": environment.team.name})],
        link=reverse("environments:page", args=[environment.slug]),
        now=now,
        # Each report is a matter of its own: what is urgent is told each time, never only counted.
        thread=f"environment-{environment.pk}-urgent-{now.isoformat()}",
    )


def _listed(told: Sequence[tuple[str, Texts]], language: str) -> str:
    lines = [f"{name}: {said[language]}" for name, said in told[:NAMED]]
    return "\n".join([*lines, *([f"(+{len(told) - NAMED})"] if len(told) > NAMED else [])])
