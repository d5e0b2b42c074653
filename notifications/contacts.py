"""People who hear of things: their entry made from an account, what is kept of them told, and all of it erased."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from axes.models import AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from notifications import kinds
from notifications.addresses import check_address, shown, wire
from notifications.chat import personal
from notifications.erasing import erase
from notifications.models import Contact, ContactGroup, Delivery, Escalation, Rule
from notifications.models.channel import default_language
from notifications.models.contact import EMAIL, default_zone
from notifications.texts import pick
from portal import preferences
from portal.history import changes_of
from portal.models import Preference

__all__ = ["contact_of", "draft_of", "enter", "erase", "export_of", "export_of_account", "follow_account", "named_in"]

MADE_FROM_ACCOUNT: Final = ("name", "addresses", "reachable_by", "language", "timezone")


def draft_of(user: User) -> Contact:
    """The entry of an account; where there is none, one as it would be made, not saved."""
    return Contact.objects.filter(user=user).first() or _same_person(user) or _made_from(user)


def contact_of(user: User) -> Contact:
    """The entry of an account, made from its name, e-mail address and preferences when there is none yet. For what
    somebody does themselves: who was erased has an entry again. What others do for them asks `enter`.

    The one entry without an account that has the same e-mail address is theirs: it is tied to the account. An e-mail
    address that cannot work is left out. Two callers at once make one entry.
    """
    found = Contact.objects.filter(user=user).first()
    if found is None:
        Preference.objects.filter(user=user, without_entry=True).update(without_entry=False)
        found = _tied(user) or _made(user)
    return found


def enter(user: User) -> Contact | None:
    """As `contact_of`, for the sake of others; None, and nothing is made, for an account whose entry was erased."""
    if Preference.objects.filter(user=user, without_entry=True).exists():
        return Contact.objects.filter(user=user).first()
    return contact_of(user)


def export_of(contact: Contact) -> dict[str, Any]:
    """All that is kept of a person as values of JSON, times in UTC: their entry and its history, where they belong,
    what was sent to them, what they did by links and what they acknowledged; of their account who they are.

    Secrets of the portal (passwords, keys) are no part of it.
    """
    return {
        "contact": _entry(contact),
        "account": _account(contact.user) if contact.user else None,
        "groups": _names(contact.groups.distinct()),
        "places": list(_places(contact)),
        "rules": _names(contact.rules),
        "owned_channels": _names(contact.owned_channels),
        "named_at": _named_at(contact),
        "deliveries": list(_deliveries(contact)),
        "acknowledged": list(_acknowledged(contact)),
        "chat": personal.export_of(contact.user, contact.language) if contact.user else None,
        "history": list(_history(contact)),
    }


def named_in(contact: Contact) -> list[tuple[str, list[str]]]:
    """By what the person hears of things, for people: rules and groups by their names, and what other apps have."""
    found = [
        (str(Rule._meta.verbose_name_plural), _names(contact.rules)),  # noqa: SLF001
        (str(ContactGroup._meta.verbose_name_plural), _names(contact.groups.distinct())),  # noqa: SLF001
    ]
    for model, names in _named_at(contact).items():
        found.append((str(apps.get_model(model)._meta.verbose_name_plural), names))  # noqa: SLF001
    return found


def export_of_account(user: User) -> dict[str, Any]:
    """As `export_of`, for somebody who may have no entry."""
    contact = Contact.objects.filter(user=user).first()
    if contact:
        return export_of(contact)
    chat = personal.export_of(user, default_language())
    return {"contact": None, "account": _account(user), "chat": chat}


def follow_account(user: User, former_email: str) -> None:
    """The account has another e-mail address: an entry that had the former one gets it, too."""
    contact = Contact.objects.filter(user=user).first()
    if contact is None or not former_email:
        return
    kept = contact.addresses.get(EMAIL, "")
    if wire(EMAIL, kept).lower() != wire(EMAIL, former_email).lower():
        return
    contact.set_addresses({**contact.addresses, EMAIL: _made_from(user).addresses.get(EMAIL, "")})
    contact.save()


def _same_person(user: User) -> Contact | None:
    """The one entry without an account that has the account's e-mail address. None where there are several, or where
    another account in use has the address, too: then nobody knows whose it is. Addresses are sealed, so each is
    opened."""
    wanted = wire(EMAIL, user.email.strip()).lower()
    if not wanted:
        return None
    unowned = [one for one in Contact.objects.filter(user=None).order_by("pk") if EMAIL in one.reachable_by]
    alike = [one for one in unowned if wire(EMAIL, one.addresses.get(EMAIL, "")).lower() == wanted]
    if len(alike) != 1:
        return None
    others = User.objects.filter(is_active=True, email__iexact=user.email.strip()).exclude(pk=user.pk)
    return None if others.exists() else alike[0]


def _tied(user: User) -> Contact | None:
    same = _same_person(user)
    if same is None:
        return None
    try:
        with transaction.atomic():
            found = Contact.objects.select_for_update().filter(pk=same.pk, user=None).first()
            if found is not None:
                found.user = user
                found.save()
            return found
    except IntegrityError:  # another caller has made one just now
        return None


def _made(user: User) -> Contact:
    made = _made_from(user)
    given = {name: getattr(made, name) for name in MADE_FROM_ACCOUNT}
    return Contact.objects.get_or_create(user=user, defaults=given)[0]


def _made_from(user: User) -> Contact:
    chosen = preferences.of(user)
    contact = Contact(
        user=user,
        name=(user.get_full_name() or user.get_username())[:100],
        language=chosen.language or default_language(),
        timezone=chosen.timezone or default_zone(),
    )
    try:
        contact.set_addresses({EMAIL: check_address(EMAIL, user.email)})
    except ValidationError:
        contact.set_addresses({})
    return contact


def _entry(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.pk,
        "name": contact.name,
        "addresses": _addresses(contact) if contact.addresses.readable else None,
        "language": contact.language,
        "timezone": contact.timezone,
        "channel": contact.channel.name if contact.channel else None,
        "urgent_channel": contact.urgent_channel.name if contact.urgent_channel else None,
        "quiet_from": _clock(contact.quiet_from),
        "quiet_until": _clock(contact.quiet_until),
        "digest": contact.digest,
        "digest_at": _clock(contact.digest_at),
        "gets_messages": contact.is_on,
        "unsubscribed_at": _at(contact.left_at),
    }


def _addresses(contact: Contact) -> dict[str, str]:
    return {kind: shown(kind, address) for kind, address in contact.addresses.items()}


def _account(user: User) -> dict[str, Any]:
    return {
        "username": user.get_username(),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "active": user.is_active,
        "made_at": _at(user.date_joined),
        "last_signed_in_at": _at(user.last_login),
        "roles": list(user.groups.order_by("name").values_list("name", flat=True)),
        "sign_ins": [_sign_in(row) for row in AccessLog.objects.filter(username=user.get_username())],
        "failed_sign_ins": [_sign_in(row) for row in AccessFailureLog.objects.filter(username=user.get_username())],
    }


def _sign_in(row: Any) -> dict[str, Any]:
    return {"at": _at(row.attempt_time), "address": row.ip_address, "browser": row.user_agent}


def _named_at(contact: Contact) -> dict[str, list[str]]:
    """What other apps name the person at, such as their environments; found by their fields that lead here."""
    found: dict[str, list[str]] = {}
    for relation in Contact._meta.related_objects:  # noqa: SLF001
        other: Any = relation.related_model
        if relation.many_to_many and other._meta.app_label != Contact._meta.app_label:  # noqa: SLF001
            rows = other._default_manager.filter(**{relation.field.name: contact})  # noqa: SLF001
            found[other._meta.label_lower] = [str(row) for row in rows]  # noqa: SLF001
    return found


def _places(contact: Contact) -> Iterator[dict[str, Any]]:
    """Each place in a group; somebody may have several in one."""
    places = contact.places.select_related("group", "channel").defer("channel__config")
    for place in places.order_by("group__name", "after", "pk"):
        channel = place.channel.name if place.channel else None
        yield {"group": place.group.name, "channel": channel, "after_minutes": place.after}


def _deliveries(contact: Contact) -> Iterator[dict[str, Any]]:
    rows = Delivery.objects.filter(contact=contact).select_related("event", "channel", "offer_use")
    for delivery in rows.defer("channel__config").order_by("pk"):
        use = getattr(delivery, "offer_use", None)
        yield {
            "at": _at(delivery.event.at),
            "kind": delivery.event.kind,
            "event": kinds.label(delivery.event.kind),
            "title": pick(delivery.event.title, contact.language),
            "channel": delivery.channel.name,
            "why": delivery.why,
            "rule": delivery.rule_name,
            "status": delivery.status,
            "sent_at": _at(delivery.sent_at),
            "used_link": use and {"at": _at(use.at), "choice": use.choice, "address": use.address},
        }


def _acknowledged(contact: Contact) -> Iterator[dict[str, Any]]:
    own = Q(by_contact=contact)
    for escalation in Escalation.objects.filter(own).select_related("event", "group").order_by("pk"):
        yield {
            "at": _at(escalation.ended_at),
            "title": pick(escalation.event.title, contact.language),
            "group": escalation.group.name,
            "from": escalation.origin,
        }


def _history(contact: Contact) -> Iterator[dict[str, Any]]:
    """Each change of the entry; of addresses only that they changed, for nothing else is kept."""
    for row in changes_of(Contact).filter(id=contact.pk).order_by("history_id"):
        yield {
            "at": _at(row.history_date),
            "what": {"+": "made", "~": "changed", "-": "removed"}[row.history_type],
            "name": row.name,
            "gets_messages": row.is_on,
            "sealed_fields_changed": row.history_beside.get("secrets", []),
        }


def _names(things: Any) -> list[str]:
    return list(things.order_by("name").values_list("name", flat=True))


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _clock(time: Any) -> str | None:
    return f"{time:%H:%M}" if time else None
