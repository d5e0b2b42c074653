"""What has a page and says who hears of what: people, a group, a rule, own words, somebody who looked after it, and
links of messages as their readers open them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.test import override_settings

from environments.models import Environment
from environments.services import stop_offers
from notifications import links, secret_doors
from notifications.chat import people
from notifications.models import (
    Channel,
    ChatApp,
    ChatRequest,
    Contact,
    ContactGroup,
    Delivery,
    Escalation,
    Event,
    Rule,
    Wording,
)
from notifications.offers import Choice, Offer
from portal.models import ApiToken

HALF_AN_HOUR: Final = timedelta(minutes=30)


def furnish(environment: Environment, failure: Event, now: datetime) -> dict[str, str]:
    """Where the links of messages are, by the names of `pages.LINKS`."""
    minseo = Contact(name="Minseo Kim", language="ko", quiet_from="22:00", quiet_until="07:30", digest="daily")
    minseo.set_addresses({"email": "minseo@example.com", "phone": "+821012345678"})
    minseo.save()
    known = {"name": "Jiwoo Park", "is_on": False}
    jiwoo, _made = Contact.objects.update_or_create(user=User.objects.get(username="operator"), defaults=known)
    app = ChatApp(name="JANDI", kind="jandi", config={"token": "a-token-of-jandi"})
    secret_doors.new_address(app)
    app.save()
    people.link(app, "minseo@example.com", "Minseo", User.objects.get(username="operator"), now)
    ChatRequest.objects.create(
        app=app, key="1", name="Minseo", text="status", language="en", received_at=now, state="answered"
    )
    for account in User.objects.filter(is_staff=True):
        digest = f"{account.pk:064}"
        ApiToken.objects.create(
            user=account, name="GitHub Actions", scopes=["deploy"], digest=digest, start="dbk_1234", created_at=now
        )
    group = ContactGroup.objects.create(name="On call", rounds=2)
    group.places.create(contact=minseo)
    group.places.create(contact=jiwoo, after=15)
    rule = Rule.objects.create(
        name="Failures to those on call",
        event_kinds=["environment.failed"],
        severities=["error"],
        weekdays=[0, 1, 2, 3, 4],
        hours_from="09:00",
        hours_until="18:00",
    )
    rule.groups.add(group)
    Wording.objects.create(kind="environment.failed", language="en", title="{environment}: {title}", body="{body}")
    Escalation.objects.create(
        event=failure,
        group=group,
        rule_name=rule.name,
        step=1,
        began_at=now - timedelta(hours=2),
        ended_at=now - timedelta(hours=1),
        end=Escalation.End.ACKNOWLEDGED,
        by="Minseo Kim",
        by_contact=minseo,
        origin="link",
    )
    asked = _owed(failure, minseo, now)
    late = _owed(_warning(environment, now - HALF_AN_HOUR, now), minseo, now)
    early = _owed(_warning(environment, now + HALF_AN_HOUR, now), minseo, now)
    with override_settings(BASE_URL="http://portal.example.com/"):
        found = {
            "link to look after it": links.acknowledge_url(asked.pk),
            "link that keeps on": links.offer_url(early.pk, "until"),
            "link that is too late": links.offer_url(late.pk, "1h"),
            "way out of messages": links.leave_url(minseo.pk),
        }
    return {name: urlsplit(address).path for name, address in found.items()}


def _warning(environment: Environment, stop: datetime, now: datetime) -> Event:
    """As it was told, to nobody."""
    choices = (
        Choice("1h", {"en": "Keep on 1 h", "ko": "1시간 더"}, {"en": "$0.24", "ko": "US$0.24"}),
        Choice("until", {"en": "Keep on until …", "ko": "시각까지"}, asks="time"),
    )
    return Event.objects.create(
        kind="environment.stop_comes",
        severity="warning",
        labels={"environment": environment.slug, "team": environment.team.name},
        title={"en": f"{environment.name} stops soon", "ko": f"{environment.name} 곧 중지"},
        body={"en": "By its schedule.", "ko": "일정에 따라 중지해요."},
        at=now - HALF_AN_HOUR,
        until=stop,
        offer=Offer(stop_offers.VERB, f"{environment.pk}@{stop.isoformat()}", choices).as_json(),
    )


def _owed(event: Event, contact: Contact, now: datetime) -> Delivery:
    """Sent already, over a channel that is off."""
    channel = Channel.objects.get(name="ops")
    return Delivery.objects.create(
        event=event,
        channel=channel,
        contact=contact,
        recipient=f"contact-{contact.pk}",
        why="concerned",
        status=Delivery.Status.SENT,
        sent_at=now,
        not_before=now,
        deadline_at=now + timedelta(hours=1),
    )
