"""Making, finding and revoking tokens of the API. A token is shown once; its SHA-256 is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.models import ApiToken, Scope

PREFIX: Final = "dbk_"
"""Tokens begin with it, so that they are found where they were left by mistake (secret scanning)."""
BYTES: Final = 32
SHOWN: Final = 8
LOOK_AFTER: Final = "auth.change_user"
"""Who may change people looks after the tokens of all."""


def digest_of(raw: str) -> str:
    """What is kept of a token. Plain SHA-256: 256 random bits need no salt, and cannot be guessed."""
    return sha256(raw.encode("utf-8", "surrogateescape")).hexdigest()


def valid(raw: str, *, now: datetime) -> ApiToken | None:
    """The token, with its account and that one's preference in the same query; None where it does not let in."""
    rows = ApiToken.objects.valid(now).select_related("user__preference")
    return rows.filter(digest=digest_of(raw)).first()


def looks_after(person: User) -> bool:
    """Whether somebody sees every token, may revoke each, and makes those of programs."""
    return person.is_active and person.has_perm(LOOK_AFTER)


def in_sight(person: User) -> QuerySet[ApiToken]:
    """One's own; all for administrators."""
    rows = ApiToken.objects.all()
    return rows if looks_after(person) else rows.filter(user=person.pk)


def is_program(account: User) -> bool:
    """An account without a usable password that is no superuser: nobody signs in with it."""
    return not account.has_usable_password() and not account.is_superuser


def programs() -> list[User]:
    """The accounts that administrators may make tokens for, by name."""
    rows = User.objects.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX).order_by("username")
    return [one for one in rows if is_program(one)]


def make(
    *, account: User, name: str, scopes: Sequence[str], expires_at: datetime | None, author: User, now: datetime
) -> tuple[ApiToken, str]:
    """A token, and what is shown once: it is written nowhere else.

    PermissionDenied unless the account is `author`'s own, or a program's and `author` looks after tokens;
    ValidationError naming the field.
    """
    require_account(author, account)
    wished = [scope.value for scope in Scope if scope.value in scopes]
    if not name.strip():
        raise ValidationError({"name": _("Give it a name: what uses it.")})
    if not wished or set(scopes) - set(Scope.values):
        raise ValidationError({"scopes": _("Choose what it may be used to.")})
    if expires_at is not None and expires_at <= now:
        raise ValidationError({"expires_at": _("This time has passed. Choose one in the future.")})
    raw = PREFIX + secrets.token_urlsafe(BYTES)
    token = ApiToken.objects.create(
        user=account,
        name=name.strip(),
        scopes=wished,
        digest=digest_of(raw),
        start=raw[:SHOWN],
        created_at=now,
        created_by=author,
        expires_at=expires_at,
    )
    return token, raw


def require_account(author: User, account: User) -> None:
    """PermissionDenied, in words: nobody makes a token in the name of another person."""
    if author.pk == account.pk and author.is_active:
        return
    if not (looks_after(author) and is_program(account) and account.is_active):
        raise PermissionDenied(_("You may make tokens for yourself. Administrators make those of programs, too."))
    # Whoever holds the token acts as the account.
    if not author.is_superuser and account.get_all_permissions() - author.get_all_permissions():
        raise PermissionDenied(_("This account may do more than you: somebody who may do as much makes its token."))


def revoke(*, token: ApiToken, author: User, now: datetime) -> bool:
    """End a token at once; False when it was revoked already. PermissionDenied for what is not one's own."""
    if not in_sight(author).filter(pk=token.pk).exists():
        raise PermissionDenied(_("You may revoke your own tokens. An administrator may revoke any."))
    with transaction.atomic():
        fresh = ApiToken.objects.select_for_update().get(pk=token.pk)
        if fresh.revoked_at is not None:
            return False
        fresh.revoked_at = now
        fresh.save(update_fields=["revoked_at"])
    return True
