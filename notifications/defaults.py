"""What a new installation begins with."""

from typing import Any

from django.conf import settings

from notifications.models import Channel
from portal.history import changes_of
from portal.mail import is_configured

NAME = "Discord"
MAIL = "E-mail"


def ensure_default_channels() -> list[Channel]:
    """The channels that the settings provide for: Discord for `DISCORD_WEBHOOK_URL`, e-mail for `EMAIL_HOST` and
    `EMAIL_FROM`; none of what is not set.

    Each is made once: a channel of that name, and any e-mail channel, is left as it is, and what somebody has removed
    stays away, since what people do in the admin wins over the environment.
    """
    return [channel for channel in (ensure_default_channel(), ensure_mail_channel()) if channel is not None]


def ensure_default_channel() -> Channel | None:
    """The channel for `settings.DISCORD_WEBHOOK_URL`; None when that is not set. Made once."""
    url = getattr(settings, "DISCORD_WEBHOOK_URL", "") or ""
    if not url:
        return None
    return _made(NAME, kind="discord", config={"webhook_url": url})


def ensure_mail_channel() -> Channel | None:
    """The channel for the mail server of the settings; None when there is none. The first e-mail channel that there is
    counts; made once."""
    if not is_configured():
        return None
    found = Channel.objects.filter(kind="email").order_by("pk").first()
    if found is not None:
        return found
    return _made(MAIL, kind="email", gather_seconds=10)


def install(**_signal: Any) -> None:
    """After each migrate: an installation has the channels of its settings, with or without the sample."""
    ensure_default_channels()


def _made(name: str, **values: Any) -> Channel | None:
    """That of this name, made where there never was one; None where it was removed."""
    found = Channel.objects.filter(name=name).first()
    if found is None and not changes_of(Channel).filter(name=name).exists():
        found, _created = Channel.objects.get_or_create(name=name, defaults=values)
    return found
