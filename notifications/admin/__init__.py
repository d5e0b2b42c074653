"""The app's pages in the admin: who hears of what and where, the log of events, and what became of each message."""

from notifications.admin.arrival import ArrivalAdmin
from notifications.admin.channel import ChannelAdmin
from notifications.admin.chat import ChatAppAdmin
from notifications.admin.chat_people import ChatPersonAdmin
from notifications.admin.chat_requests import ChatRequestAdmin
from notifications.admin.contact import ContactAdmin
from notifications.admin.delivery import DeliveryAdmin
from notifications.admin.escalation import EscalationAdmin
from notifications.admin.event import EventAdmin
from notifications.admin.gateway import GatewayAdmin
from notifications.admin.group import ContactGroupAdmin
from notifications.admin.rule import RuleAdmin
from notifications.admin.topic import TopicAdmin
from notifications.admin.wording import WordingAdmin

__all__ = [
    "ArrivalAdmin",
    "ChannelAdmin",
    "ChatAppAdmin",
    "ChatPersonAdmin",
    "ChatRequestAdmin",
    "ContactAdmin",
    "ContactGroupAdmin",
    "DeliveryAdmin",
    "EscalationAdmin",
    "EventAdmin",
    "GatewayAdmin",
    "RuleAdmin",
    "TopicAdmin",
    "WordingAdmin",
]
