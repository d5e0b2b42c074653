"""The long tail of services by Apprise: Teams, Telegram, Google Chat, PagerDuty and some 170 more.

Facts: Apprise 2.2's source (read 2026-11-21). It is imported when it is first used. It gives no answer of the service,
no wait and no id, but most of its plugins end their warning with `error=<status>`; without one nobody can know whether
the message arrived. Its addresses hold secrets, and its log holds its addresses: that log goes nowhere.
"""

import email.charset
import logging
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.senders import in_time
from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.http import LATER, is_allowed_loopback, quiet_wire
from notifications.senders.lengths import clip
from notifications.senders.readers import plain
from notifications.texts import filled

SECONDS: Final = 12
"""The most that a message may take; less where the message is worth sending for less (`in_time.left`)."""
LONGEST: Final = 4000
"""Characters; Apprise itself cuts further for services that take less."""
TITLE: Final = 250
TYPES: Final = {"success": "success", "warning": "warning", "error": "failure"}
OF_THIS_MACHINE: Final = frozenset({"dbus", "qt", "glib", "kde", "gnome", "macosx", "windows", "syslog", "blink1"})
"""What shows something on the server's own screen, writes its log or lights its lamps."""

_CODE = re.compile(r"error=(\d{3})\b")


def check_url(value: str) -> None:
    """Raises ValidationError unless Apprise knows the address, and it leads to a service, encrypted where it can be."""
    if not _is_usable(_plugin(value), value):
        raise ValidationError(
            _("Apprise has no service for this address, or it is not encrypted: see appriseit.com/services.")
        )


def mask_service(url: str) -> str:
    """The service alone; all the rest of an address may be secret."""
    return f"{urlsplit(url).scheme}://…" if "://" in url else "…"


class Apprise:
    """Sends a plain text to the one service of an address. For administrators only, as all channels are."""

    about: ClassVar[StrOrPromise] = _(
        "Microsoft Teams, Telegram, Google Chat, PagerDuty and many more, by the library Apprise. You need the address"
        " that Apprise has for it. It tells little of what went wrong: where there is a kind of its own, use that."
    )
    address: ClassVar[str] = ""
    per_minute: ClassVar[int | None] = 30
    lines: ClassVar[Lines] = Lines(10, 90)  # which service it is, and what that holds, nobody tells

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "url",
            label=_("Apprise URL"),
            help_text=_(
                "As appriseit.com/services has it for each service. For example tgram://123456789:abcdefg/12315544."
            ),
            check=check_url,
            mask=mask_service,
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Sends the message. See `Sender.send`. Once a plugin has begun nobody knows whether it sent anything."""
        url = config.get("url", "")
        with quiet_wire():
            plugin = _plugin(url)
            if not _is_usable(plugin, url):
                raise TransportError(_("Apprise has no service for this address."), closes_channel=True)
            seconds = min(SECONDS, in_time.left())
            in_time.check()
            result = _notify(plugin, message, seconds)
        if result.status.name == "SUCCESS":
            return Sent()
        name = str(plugin.service_name)
        codes = [int(code) for entry in result.logs() for code in _CODE.findall(entry.message)]
        if result.status.name == "TIMEOUT" or not codes:
            raise TransportError(
                filled(_("%(service)s: Apprise says only that it failed. It may have arrived."), service=name),
                unknown=True,
            )
        raise _error(name, codes[-1], alone=len(plugin) <= 1)


def _error(name: str, code: int, *, alone: bool) -> TransportError:
    words = filled(_("%(service)s answered %(code)s."), service=name, code=code)
    if code in LATER or code >= 500:
        # An address with several readers: some may have it.
        return TransportError(words, unknown=not alone, code=code)
    return TransportError(words, permanent=True, closes_channel=code in (401, 403, 404, 410), code=code)


def _plugin(url: str) -> Any:
    """Apprise's object for an address; None when it knows none."""
    # Its log may hold the address; of its warnings, it tells us itself.
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.WARNING)
    utf8 = email.charset.CHARSETS["utf-8"]
    try:
        import apprise

        asset = apprise.AppriseAsset(
            async_mode=False, http_redirects=False, allow_templates=False, service_timeout=SECONDS, app_id="Daybreak"
        )
        return apprise.Apprise.instantiate(url, asset=asset)
    finally:
        # One of its plugins changes how all mails of the process are written.
        email.charset.CHARSETS["utf-8"] = utf8


def _is_usable(plugin: Any, url: str) -> bool:
    """Whether it is a service elsewhere, spoken to in the encrypted way that it has."""
    if plugin is None:
        return False
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme in OF_THIS_MACHINE:
        return False
    open_ones, secure = (_names(getattr(plugin, name, None)) for name in ("protocol", "secure_protocol"))
    is_open = scheme in open_ones and scheme not in secure
    return not (is_open and secure) or is_allowed_loopback(parts.hostname or "")


def _names(found: object) -> frozenset[str]:
    if not found:
        return frozenset()
    return frozenset({found}) if isinstance(found, str) else frozenset(found)  # type: ignore[call-overload]


def _notify(plugin: Any, message: Message, seconds: float) -> Any:
    """What Apprise says of it, after so many seconds at the most (more than 0, which to Apprise means for ever)."""
    import apprise

    # Apprise only stops waiting; by these the connection that it leaves behind ends as well.
    plugin.socket_connect_timeout = min(plugin.socket_connect_timeout, seconds)
    plugin.socket_read_timeout = min(plugin.socket_read_timeout, seconds)
    service = apprise.Apprise(asset=plugin.asset)
    service.add(plugin)
    title = clip(message.title, TITLE)
    return service.notify(
        title=title,
        body=plain(message, LONGEST, titled=title != message.title) or title,
        notify_type=TYPES.get(message.severity, "info"),
        body_format=apprise.NotifyFormat.TEXT,
        timeout=seconds,
    )
