"""The app's models, by subject."""

from notifications.models.arrival import Arrival, Gateway, Topic
from notifications.models.attempt import DeliveryAttempt, OfferUse
from notifications.models.channel import Channel
from notifications.models.chat import ChatApp, ChatCode, ChatPerson, ChatRequest
from notifications.models.contact import Contact, ContactGroup, GroupMember
from notifications.models.delivery import Delivery
from notifications.models.escalation import Escalation
from notifications.models.event import Event, Severity
from notifications.models.rule import Rule
from notifications.models.wording import Wording

__all__ = [
    "Arrival",
    "Channel",
    "ChatApp",
    "ChatCode",
    "ChatPerson",
    "ChatRequest",
    "Contact",
    "ContactGroup",
    "Delivery",
    "DeliveryAttempt",
    "Escalation",
    "Event",
    "Gateway",
    "GroupMember",
    "OfferUse",
    "Rule",
    "Severity",
    "Topic",
    "Wording",
]
