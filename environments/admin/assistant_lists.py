"""What the assistant's pages list: things of AWS by kind, those of AWS Instance Scheduler, and a proposal's targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from environments.models.texts import in_language
from environments.services import discovery
from environments.services.discovery import Row, Scheduled, Sight
from environments.targets import registry
from environments.targets.base import Seen
from environments.targets.discovery import FINDERS

from .assistant_forms import ProposalForm

LISTED = 200
"""Rows of a kind that a page lists; the filter finds the others."""

TAGS = 6
"""Tags of a row that are shown."""

STATES = {
    Seen.RUNNING: (gettext_lazy("Running"), "running"),
    Seen.STOPPED: (gettext_lazy("Stopped"), "stopped"),
    Seen.PARTLY: (gettext_lazy("In between or unclear"), "unknown"),
}


def lists(sight: Sight, wanted: str, tag: str) -> dict[str, Any]:
    """The context of the list: groups by kind, things by schedule tag, what could not be asked or read to its end."""
    matching = [row for row in sight.rows if _matches(row, wanted)]
    groups = [_group(kind, [row for row in matching if row.found.kind == kind]) for kind in registry.KINDS]
    looked = sight.looked
    return {
        "looked": True,
        "groups": [group for group in groups if group["free"] or group["others"]],
        "free_count": sum(row.is_free for row in sight.rows),
        "scheduled": [_scheduled(one) for one in discovery.scheduled(sight, tag=tag) if len(one.held) < len(one.rows)],
        "tag": tag,
        "failed": [(kind_label(place.kind), place.region, in_language(why)) for place, why in looked.failed.items()],
        "more": [(kind_label(place.kind), place.region) for place in _in_order(looked.more)],
        "nothing": not looked.failed and not sight.rows,
    }


def part_lines(form: ProposalForm) -> list[dict[str, Any]]:
    """The targets of a proposal, each with its own fields."""
    lines = []
    for number, part in enumerate(form.parts):
        recipe = part.recipe
        extra = [form[name] for name in form.fields if name.startswith((f"url-{number}", f"ssm-{number}-"))]
        lines.append(
            {
                "pick": part.pick.key,
                "name": part.name,
                "kind": kind_label(part.pick.kind),
                "region": part.pick.region,
                "state": _state(part.rows[0].found.state) if len(part.rows) == 1 else None,
                "details": [in_language(text) for text in part.rows[0].found.details] if len(part.rows) == 1 else [],
                "names": [row.found.name for row in part.rows[:LISTED]] if len(part.rows) > 1 else [],
                "remarks": [in_language(text) for text in part.remarks],
                "findings": recipe.findings if recipe else (),
                "parameters": sorted(recipe.parameters.items()) if recipe else [],
                "template": recipe.options.get("template_body", "") if recipe else "",
                "order": form[f"order-{number}"],
                "fields": extra,
            }
        )
    return lines


def kind_label(kind: str) -> str:
    return in_language(registry.driver(kind).label)


def _in_order(places: Iterable[Any]) -> list[Any]:
    return sorted(places, key=lambda place: (list(FINDERS).index(place.kind), place.region))


def _matches(row: Row, wanted: str) -> bool:
    """Whether each word is in its name, identifier, region or tags."""
    return all(word in _text(row) for word in wanted.lower().split())


def _text(row: Row) -> str:
    found = row.found
    tags = (f"{key}={value}" for key, value in found.tags.items())
    return " ".join((found.name, found.identifier, row.region, *tags)).lower()


def _group(kind: str, rows: Sequence[Row]) -> dict[str, Any]:
    free, others = [row for row in rows if row.is_free], [row for row in rows if not row.is_free]
    return {
        "kind": kind,
        "label": kind_label(kind),
        "free": [_line(row) for row in free[:LISTED]],
        "free_count": len(free),
        "more_free": max(0, len(free) - LISTED),
        "others": [_line(row) for row in others[:LISTED]],
        "other_count": len(others),
        "more_others": max(0, len(others) - LISTED),
    }


def _line(row: Row) -> dict[str, Any]:
    found, holder = row.found, row.holder
    name_tag = found.tags.get("Name") == found.name
    tags = [(k, v) for k, v in sorted(found.tags.items()) if not (k.startswith("aws:") or (k == "Name" and name_tag))]
    return {
        "pick": row.pick.key,
        "name": found.name,
        "region": row.region,
        "state": _state(found.state),
        "tags": [f"{key}={value}" if value else key for key, value in tags[:TAGS]],
        "more_tags": max(0, len(tags) - TAGS),
        "details": [in_language(text) for text in found.details],
        "why_not": in_language(found.why_not) if not holder else "",
        "held": bool(holder),
        "holder": holder,
        "text": _text(row),
    }


def _state(state: Seen) -> tuple[str, str]:
    words, tone = STATES[state]
    return str(words), tone


def _scheduled(one: Scheduled) -> dict[str, Any]:
    counted: Mapping[str, int] = one.kinds
    return {
        "value": one.value,
        "schedule": one.schedule,
        "kinds": [_("%(kind)s: %(count)s") % {"kind": kind_label(k), "count": n} for k, n in counted.items()],
        "names": [row.found.name for row in one.rows[:10]],
        "more": max(0, len(one.rows) - 10),
        "picks": [pick.key for pick in one.picks],
        "problem": in_language(one.problem),
    }
