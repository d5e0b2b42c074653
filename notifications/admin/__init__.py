"""The app's pages in the admin: channels to set up, the log of events, and what became of each message."""

from notifications.admin.channel import ChannelAdmin
from notifications.admin.delivery import DeliveryAdmin
from notifications.admin.event import EventAdmin

__all__ = ["ChannelAdmin", "DeliveryAdmin", "EventAdmin"]
