"""What a new installation begins with."""

from django.conf import settings

from notifications.models import Channel

NAME = "Discord"


def ensure_default_channel() -> Channel | None:
    """The channel for `settings.DISCORD_WEBHOOK_URL`; None when that is not set.

    Made once: a channel of that name is returned as it is, since what people changed in the admin wins over the
    environment.
    """
    url = getattr(settings, "DISCORD_WEBHOOK_URL", "") or ""
    if not url:
        return None
    channel, _created = Channel.objects.get_or_create(
        name=NAME, defaults={"kind": "discord", "config": {"webhook_url": url}}
    )
    return channel
