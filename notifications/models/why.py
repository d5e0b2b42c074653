"""Why somebody hears of an event, as people read it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.routing import Why


class WhyChoices(models.TextChoices):
    """`routing.Why` with labels."""

    EVERYTHING = Why.EVERYTHING.value, _("The channel hears of everything")
    LISTED = Why.LISTED.value, _("The channel asks for this kind of event")
    RULE = Why.RULE.value, _("A rule says so")
    CONCERNED = Why.CONCERNED.value, _("It concerns them")
    ESCALATED = Why.ESCALATED.value, _("Nobody acknowledged before")
    FOLLOWS = Why.FOLLOWS.value, _("They heard of its beginning")
    OWNER = Why.OWNER.value, _("They own the channel")
    ASKED = Why.ASKED.value, _("Somebody asked for a test message")
