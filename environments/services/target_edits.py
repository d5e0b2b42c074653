"""What an edit of a target must not do: lose sight of what runs, or forget what only the portal remembers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from environments.models import Environment, Operation, State, Target
from environments.models.target import NAMES
from environments.models.texts import in_language
from environments.targets.kept_sizes import KINDS, kept_sizes

from . import rate_following

NAMING = frozenset({*(NAMES - {"account_id"}), "account"})
"""Fields that say which thing of AWS a target is."""


def why_not_move(target: Target, changed: Collection[str]) -> str | None:
    """Why a saved target may not name something else or go to another environment, in a sentence; None when it may.

    `changed` are the fields that differ. Locks the environment until the transaction ends, so that no operation begins
    meanwhile. What a sentence says to do leads on: sizes that are remembered are lost by a rename either way, so it is
    another target that is added.
    """
    moved = set(changed) & {*NAMING, "environment"}
    if not moved:
        return None
    environment = Environment.objects.select_for_update().get(pk=target.environment_id)
    sized = target.kind in KINDS and bool(moved & NAMING)
    if Operation.objects.filter(environment=environment).unfinished().exists():
        return _("%(name)s: an operation is under way. Wait until it is done.") % {"name": environment.name}
    if sized and (sizes := sizes_in_words(target)):
        said = _(
            "Start it first: its sizes are remembered and would be lost (%(sizes)s). Then remove this target, which"
            " leaves it running in AWS, and add the other one."
        )
        return said % {"sizes": sizes}
    if environment.state in {State.STOPPED, State.UNKNOWN}:
        return None
    if sized:
        said = _(
            "%(name)s is not stopped: what runs would be lost sight of. Remove this target, which leaves it running in"
            " AWS, and add the other one."
        )
    else:
        said = _("%(name)s is not stopped. Stop it first: what runs would be lost sight of.")
    return said % {"name": environment.name}


def saved(*, target: Target, changed: Collection[str], now: datetime) -> None:
    """A target was added (nothing is `changed` then) or edited: its prices follow it."""
    if set(changed) & NAMING:
        rate_following.names_something_else(targets=[target], now=now)
    rate_following.follow(targets=[target.pk], now=now)


def removed(*, numbers: Collection[int], now: datetime) -> None:
    """Targets were removed, by the ids that they had: their prices end with the day."""
    rate_following.follow(targets=numbers, now=now)


def why_not_remove(targets: Sequence[Target]) -> list[str]:
    """What keeps these from being removed, a sentence for each environment; empty when nothing does."""
    environments = {target.environment_id for target in targets}
    busy = Operation.objects.filter(environment__in=environments).unfinished().select_related("environment")
    said = _("%(name)s: an operation is under way. Wait until it is done.")
    return sorted({said % {"name": operation.environment.name} for operation in busy})


def what_removal_means(target: Target) -> list[str]:
    """Sentences for the question whether to remove it: AWS keeps it as it is, and sizes that only the portal knows."""
    said = [_("%(target)s stays as it is in AWS") % {"target": target.identifier}]
    if sizes := sizes_in_words(target):
        lost = _(
            "It was stopped, and only Daybreak remembers its sizes: %(sizes)s. Start it first, or write them down:"
            " after this nothing brings them back."
        )
        said.append(lost % {"sizes": sizes})
    return said


def sizes_in_words(target: Target) -> str:
    """The sizes that the target remembers of its last stop, in the language of the moment; empty for none."""
    return "; ".join(in_language(one) for one in kept_sizes(target.kind, target.memory))
