"""Addresses of people: what each kind looks like, how it is written in a form, and how it is shown to others."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import ELLIPSIS
from notifications.models.contact import DISCORD, EMAIL, JANDI, PHONE, SLACK

EXAMPLES: Final[Mapping[str, StrOrPromise]] = {
    EMAIL: _("For example minseo@example.com."),
    PHONE: _("With the country's code, for example +82 10-1234-5678."),
    SLACK: _("In Slack: profile → ⋮ → “Copy member ID”. For example U012AB3CD."),
    DISCORD: _("In Discord, with developer mode on: right click → “Copy User ID”. For example 80351110224678912."),
    JANDI: _("The one of the JANDI account. For example minseo@example.com."),
}

_email = EmailValidator(_("This is no e-mail address. For example minseo@example.com."))
_DRESSING: Final = re.compile(r"[\s().\-/]+")
_NUMBER: Final = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)
# Written with the zero of a call within the country: nothing in these plans begins with one after the code.
_TRUNK_ZERO: Final = re.compile(r"\+(82|81|49|44|33)0")
_SLACK: Final = re.compile(r"[UW][A-Z0-9]{7,20}", re.ASCII)
_DISCORD: Final = re.compile(r"\d{15,20}", re.ASCII)


def check_address(kind: str, typed: str) -> str:
    """The address as it is kept (a number as in E.164: “+821012345678”, a domain in ASCII); "" for nothing.

    Raises ValidationError with the reason, without repeating what was typed; KeyError for an unknown kind.
    """
    return _CHECKS[kind](typed.strip()) if typed.strip() else ""


def masked(kind: str, address: str) -> str:
    """Enough to tell two of them apart, too little to write to one: “m…@example.com”, “+82 … 5678”."""
    if not address:
        return ""
    if kind in {EMAIL, JANDI}:
        name, _at, host = shown(kind, address).rpartition("@")
        return f"{name[:1]}{ELLIPSIS}@{host}"
    if kind == PHONE:
        return f"{address[:3]} {ELLIPSIS} {address[-4:]}"
    return f"{address[:1]}{ELLIPSIS}{address[-3:]}"


def shown(kind: str, address: str) -> str:
    """An address as its reader would write it: the domain of a mail in its own letters, “minseo@한국.kr”."""
    if kind not in {EMAIL, JANDI}:
        return address
    name, at, host = address.rpartition("@")
    try:
        return f"{name}{at}{host.encode('ascii').decode('idna')}"
    except UnicodeError:
        return address


def wire(kind: str, address: str) -> str:
    """An address as protocols write it: the domain of a mail in ASCII (Punycode), “minseo@xn--3e0b707e.kr”. As it is
    where that cannot be."""
    if kind not in {EMAIL, JANDI}:
        return address
    name, at, host = address.rpartition("@")
    try:
        return f"{name}{at}{punycode(host).lower()}"
    except UnicodeError:
        return address


def _mail(typed: str) -> str:
    _email(typed)
    kept = wire(EMAIL, typed)
    if not kept.isascii():
        raise ValidationError(_email.message)
    if len(kept) > 254:
        raise ValidationError(_("An e-mail address has at most 254 characters."))
    return kept


def _phone(typed: str) -> str:
    number = _DRESSING.sub("", typed)
    number = _TRUNK_ZERO.sub(r"+\1", f"+{number[2:]}" if number.startswith("00") else number)
    if not number.startswith("+"):
        raise ValidationError(_("Begin with + and the country's code, for example +82 10-1234-5678."))
    if not _NUMBER.fullmatch(number):
        raise ValidationError(_("After the + come 8 to 15 digits, for example +82 10-1234-5678."))
    return number


def _member(typed: str) -> str:
    if not _SLACK.fullmatch(typed):
        raise ValidationError(_("A Slack member id begins with U or W, as U012AB3CD. It is not the name."))
    return typed


def _snowflake(typed: str) -> str:
    if not _DISCORD.fullmatch(typed):
        raise ValidationError(_("A Discord user id has 15 to 20 digits, as 80351110224678912. It is not the name."))
    return typed


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    EMAIL: _mail,
    PHONE: _phone,
    SLACK: _member,
    DISCORD: _snowflake,
    JANDI: _mail,
}
