"""The catalogue of event kinds.

An app declares the kinds that it publishes on its AppConfig, as `event_kinds = {"environment.ready": _("Ready"), …}`;
so `notifications` offers them to people without importing anybody. Under which headings people choose them it says as
`event_groups = [(_("Starting and stopping"), ["environment.ready", …]), …]`. A kind that nobody declared is delivered
all the same: a missing label must not cost a message.
"""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# Nobody subscribes to these: they go to one channel, on demand.
_UNLISTED: dict[str, StrOrPromise] = {"notifications.test": _("Test message")}


def catalogue() -> dict[str, StrOrPromise]:
    """Every declared kind with its label, in the order of the installed apps."""
    declared: dict[str, StrOrPromise] = {}
    for config in apps.get_app_configs():
        declared.update(getattr(config, "event_kinds", {}))
    return declared


def groups() -> list[tuple[StrOrPromise, list[str]]]:
    """Every declared kind under one heading, those of the app that has most to tell first.

    What an app puts under none of its headings is under the app's own name, after them.
    """
    declaring: list[Any] = [config for config in apps.get_app_configs() if getattr(config, "event_kinds", None)]
    found: list[tuple[StrOrPromise, list[str]]] = []
    grouped: set[str] = set()
    for config in sorted(declaring, key=lambda config: -len(config.event_kinds)):
        declared = config.event_kinds
        for heading, kinds in (*getattr(config, "event_groups", ()), (config.verbose_name, declared)):
            under_it = [kind for kind in kinds if kind in declared and kind not in grouped]
            grouped.update(under_it)
            if under_it:
                found.append((heading, under_it))
    return found


def label(kind: str) -> str:
    """What people read for `kind`: its declared label, else the kind itself."""
    return str(catalogue().get(kind) or _UNLISTED.get(kind, kind))
