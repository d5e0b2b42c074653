"""The catalogue of event kinds.

An app declares the kinds that it publishes on its AppConfig, as `event_kinds = {"environment.ready": _("Ready"), …}`;
so `notifications` offers them to people without importing anybody. A kind that nobody declared is delivered all the
same: a missing label must not cost a message.
"""

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


def label(kind: str) -> str:
    """What people read for `kind`: its declared label, else the kind itself."""
    return str(catalogue().get(kind) or _UNLISTED.get(kind, kind))
