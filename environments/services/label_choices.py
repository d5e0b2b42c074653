"""What events can be about, for rules and filters: environments by their short names, teams by theirs."""

from __future__ import annotations

from environments.models import Environment, Team
from notifications.labels import Choices


def of_all() -> Choices:
    """All there are (`labels.ask_for_choices`): who may write rules sees every team. Two queries."""
    environments = Environment.objects.order_by("slug").values_list("slug", "name")
    return {
        "environment": [(slug, slug if slug == name else f"{slug} ({name})") for slug, name in environments],
        "team": [(name, name) for name in Team.objects.order_by("name").values_list("name", flat=True)],
    }
