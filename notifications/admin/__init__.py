"""The app's pages in the admin: channels to set up, the log of events, and what became of each message."""

from notifications.admin.arrival import ArrivalAdmin
from notifications.admin.channel import ChannelAdmin
from notifications.admin.delivery import DeliveryAdmin
from notifications.admin.event import EventAdmin
from notifications.admin.gateway import GatewayAdmin
from notifications.admin.topic import TopicAdmin

__all__ = ["ArrivalAdmin", "ChannelAdmin", "DeliveryAdmin", "EventAdmin", "GatewayAdmin", "TopicAdmin"]
