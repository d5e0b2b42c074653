"""Erasing a person: their entry goes, and their name and addresses wherever else this app has kept them.

What stays is that a message of this kind went over this channel at that time, to nobody in particular.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from notifications.addresses import shown, wire
from notifications.chat import personal
from notifications.escalations import ACKNOWLEDGED, VERB
from notifications.models import Contact, Delivery, DeliveryAttempt, Escalation, Event, OfferUse, Rule
from notifications.routing import Why
from notifications.texts import render
from portal.history import changes_of
from portal.models import Preference

ERASED: Final = _("The person it was for has been erased.")
HIDDEN: Final = "…"


@dataclass(frozen=True, slots=True)
class UsedLink:
    """What somebody did by a link: the verb and the subject of the offer, and when."""

    verb: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Events of an environment may say this name, from then on."""

    environment: str
    since: datetime
    name: str


Unname = Callable[[Sequence[UsedLink]], Iterable[Told]]
_elsewhere: list[Unname] = []


def ask_to_unname(unname: Unname) -> None:
    """Other apps: have `unname` called with what somebody who is being erased did by links, in that transaction. It
    takes their name out of what it has kept of that, and says which events may have it."""
    _elsewhere.append(unname)


def erase(contact: Contact, now: datetime) -> None:
    """Erases the person, in one transaction: entry, history of the entry, addresses, places in groups and rules; in
    deliveries, errors, uses of links, acknowledgements, events of those, requests in chats, what other apps keep of
    what they did by links and the admin's log their name, former ones too, addresses and where from.

    Messages that still wait for them are not sent. Their account, if they have one, is unlinked from chats, nobody but
    they themselves makes an entry of it again (`contacts.enter`), and it is else not touched, nor what was done under
    it. Events are never changed but for this.
    """
    traces = _traces(contact)
    with transaction.atomic():
        pk, deliveries = contact.pk, list(Delivery.objects.filter(contact=contact).values_list("pk", flat=True))
        _unname_deliveries(contact, traces)
        for told in [told for unname in _elsewhere for told in unname(_links(deliveries))]:
            _unname_events_of(told)
        _unname_acknowledged(contact)
        personal.erase(contact.user, sorted([*traces, *_of_account(contact)], key=len, reverse=True))
        if contact.user is not None:
            Preference.objects.update_or_create(user=contact.user, defaults={"without_entry": True})
        _unname_uses(deliveries, traces)
        Escalation.objects.filter(by_contact=contact).update(by="", by_contact=None)
        # By this, processes that keep the rules see that theirs are older.
        Rule.objects.filter(contacts=contact).update(changed_at=now)
        contact.delete()
        # Afterwards: the deletion itself has written rows of history, too.
        changes_of(Contact).filter(id=pk).delete()
        for model, names in _lists_of_contacts():
            _unname_lists(model, names, pk)
        _unname_log(pk, traces)


def _traces(contact: Contact) -> list[str]:
    """What says who it is, the longest first: names, former ones too, and addresses however they are written."""
    names = changes_of(Contact).filter(id=contact.pk).values_list("name", flat=True)
    addresses = [form for kind, one in contact.addresses.items() for form in (one, shown(kind, one), wire(kind, one))]
    return sorted({contact.name, *names, *addresses} - {""}, key=len, reverse=True)


def _of_account(contact: Contact) -> list[str]:
    """The name under which they do things by buttons and by words, which may be another than that of the entry."""
    return [contact.user.get_full_name() or contact.user.get_username()] if contact.user is not None else []


def _links(deliveries: Sequence[int]) -> list[UsedLink]:
    uses = OfferUse.objects.filter(delivery__in=deliveries).select_related("delivery__event").order_by("at")
    offers = [(use.delivery.event.offer or {}, use.at) for use in uses]
    return [UsedLink(offer["verb"], offer["subject"], at) for offer, at in offers if offer]


def _unname_events_of(told: Told) -> None:
    """As the actor, as all of a text, or in brackets behind it: as a reason."""
    ours = Q(kind__startswith="hold.") | Q(kind__startswith="environment.")
    for event in Event.objects.filter(ours, labels__environment=told.environment, at__gte=told.since):
        actor = HIDDEN if event.actor == told.name else event.actor
        body = {
            code: HIDDEN if said == told.name else said.replace(f"({told.name})", f"({HIDDEN})")
            for code, said in event.body.items()
        }
        if (actor, body) != (event.actor, event.body):
            Event.objects.filter(pk=event.pk).update(actor=actor, body=body)


def _unname_acknowledged(contact: Contact) -> None:
    """What tells others that this person looks after something: an event, why what waited for them was not sent, what
    a chat answered them since, and what a button in a room has done."""
    taken = Escalation.objects.filter(by_contact=contact, end=Escalation.End.ACKNOWLEDGED, ended_at__isnull=False)
    named: dict[str, datetime] = {}
    for by, at, thread in set(taken.exclude(by="").values_list("by", "ended_at", "event__thread")):
        assert at is not None, "asked for above"
        for event in Event.objects.filter(kind=ACKNOWLEDGED, actor=by, at=at, thread=thread):
            title = {code: said.replace(by, HIDDEN, 1) for code, said in event.title.items()}
            Event.objects.filter(pk=event.pk).update(actor=HIDDEN, title=title)
        dropped = Delivery.objects.filter(event__thread=thread, why=Why.ESCALATED, status=Delivery.Status.DROPPED)
        _scrub(dropped.exclude(last_error={}), "last_error", [by])
        _scrub(OfferUse.objects.filter(at=at, delivery__event__offer__verb=VERB), "outcome", [by])
        named[by] = min(at, named.get(by, at))
    if named:
        personal.unname_in_answers(named, since=min(named.values()))


def _unname_deliveries(contact: Contact, traces: list[str]) -> None:
    own = Delivery.objects.filter(contact=contact)
    waiting = own.filter(status__in=Delivery.WAITING)
    waiting.update(status=Delivery.Status.DROPPED, last_error=render(ERASED))
    _scrub(own.exclude(last_error={}), "last_error", traces)
    _scrub(DeliveryAttempt.objects.filter(delivery__contact=contact).exclude(error={}), "error", traces)
    # Each its own: the same for all of them would still say that they went to one person.
    own.update(recipient=Concat(Value("erased-"), Cast("pk", CharField())), external_id="", contact=None)


def _unname_uses(deliveries: list[int], traces: list[str]) -> None:
    for start in range(0, len(deliveries), 500):
        uses = OfferUse.objects.filter(delivery__in=deliveries[start : start + 500])
        _scrub(uses, "outcome", traces)
        uses.update(address=None)


def _scrub(rows: models.QuerySet[Any], field: str, traces: list[str]) -> None:
    """Takes the traces out of texts in each language."""
    for pk, texts in rows.values_list("pk", field):
        clean = {code: _without(said, traces) for code, said in texts.items()}
        if clean != texts:
            rows.model._default_manager.filter(pk=pk).update(**{field: clean})  # noqa: SLF001


def _without(text: str, traces: Iterable[str]) -> str:
    for trace in traces:
        text = text.replace(trace, HIDDEN)
    return text


def _lists_of_contacts() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Models whose history keeps lists of people with their names: rules, and whatever other apps have."""
    for model in apps.get_models():
        lists = getattr(getattr(model, "_changes", None), "lists", ())
        names = [name for name in lists if model._meta.get_field(name).related_model is Contact]  # noqa: SLF001
        if names:
            yield model, names


def _unname_lists(model: type[models.Model], names: list[str], pk: int) -> None:
    rows = changes_of(model).filter(history_beside__has_key="lists").only("pk", "history_beside")
    for row in rows.iterator(chunk_size=500):
        lists = row.history_beside["lists"]
        kept = lists | {name: _unnamed(lists.get(name, []), pk) for name in names if name in lists}
        if kept != lists:
            changes_of(model).filter(pk=row.pk).update(history_beside=row.history_beside | {"lists": kept})


def _unnamed(held: list[list[Any]], pk: int) -> list[list[Any]]:
    return [[one, HIDDEN if one == pk else name] for one, name in held]


def _unname_log(pk: int, traces: list[str]) -> None:
    """The admin's own log names things by how they presented themselves, places in groups included."""
    own = ContentType.objects.get_for_model(Contact)
    LogEntry.objects.filter(content_type=own, object_id=str(pk)).update(object_repr=HIDDEN, change_message="")
    ours = LogEntry.objects.filter(content_type__app_label=own.app_label, change_message__startswith="[")
    for entry_id, message in ours.values_list("pk", "change_message"):
        clean = json.dumps([_step_without(step, traces) for step in json.loads(message)])
        if json.loads(clean) != json.loads(message):
            LogEntry.objects.filter(pk=entry_id).update(change_message=clean)


def _step_without(step: dict[str, dict[str, Any]], traces: list[str]) -> dict[str, dict[str, Any]]:
    """One step of Django's message: {"added": {"name": "member", "object": "Minseo Kim (15 min)"}}."""
    return {
        verb: said | ({"object": _without(said["object"], traces)} if "object" in said else {})
        for verb, said in step.items()
    }
