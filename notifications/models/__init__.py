"""The app's models, by subject."""

from notifications.models.arrival import Arrival, Gateway, Topic
from notifications.models.channel import Channel
from notifications.models.delivery import Delivery, DeliveryAttempt
from notifications.models.event import Event, Severity

__all__ = ["Arrival", "Channel", "Delivery", "DeliveryAttempt", "Event", "Gateway", "Severity", "Topic"]
