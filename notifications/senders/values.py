"""Checks of settings that several kinds of channels have. Each raises ValidationError and names the reason."""

import re
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders.http import validate_address


def looks_like(pattern: str, otherwise: StrOrPromise) -> Callable[[str], None]:
    """A check that the whole value has the form `pattern`; `otherwise` says what is expected."""
    compiled = re.compile(pattern)

    def check(value: str) -> None:
        if not compiled.fullmatch(value):
            raise ValidationError(otherwise)

    return check


def leads_to(hosts: Collection[str], path: str, otherwise: StrOrPromise) -> Callable[[str], None]:
    """A check that the value is an address of one of the hosts, with a path that begins so (or, when the settings
    allow it, of this machine)."""

    def check(value: str) -> None:
        validate_address(value)
        parts = urlsplit(value)
        if parts.scheme == "https" and not (parts.hostname in hosts and parts.path.startswith(path)):
            raise ValidationError(otherwise)

    return check


check_token = looks_like(r"[!-~]{8,}", _("It must be at least 8 letters, digits and signs, without spaces."))
