"""Messages by Discord's API, as the bot of an application.

Facts: Discord's developer documentation, "Create Message", "Create DM", "Buttons", "Rate Limits" and "JSON Error Codes"
(checked 2026-11-22).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications.senders.base import ConfigField, Message, Sent, TransportError
from notifications.senders.discord import HOSTS, error_of, payload
from notifications.senders.http import Answer, ask, validate_address
from notifications.senders.values import looks_like

API: Final = "https://discord.com/api/v10"

NO_ACCESS: Final = frozenset({10003, 50001, 50013})
"""Unknown channel, missing access, missing permissions: of a place, all is lost; of one person, they alone."""
CANNOT_WRITE_TO: Final = frozenset({10013, 50007, 50278})
"""Unknown user, a person who takes no direct messages of this bot, no server in common."""


def check_api(value: str) -> None:
    """Raises ValidationError unless the value is Discord's own address, or of this machine."""
    validate_address(value)
    parts = urlsplit(value)
    if parts.scheme == "https" and not (parts.hostname in HOSTS and parts.path.startswith("/api")):
        raise ValidationError(_("This is not an address of Discord's API."))


TOKEN: Final = ConfigField(
    "token",
    label=_("Bot token"),
    help_text=_(
        "In Discord: discord.com/developers, your application, Bot, Reset Token. For example MTk4.Cl2FMQ.ZnCjm1XVW7."
    ),
    check=looks_like(r"[A-Za-z0-9._-]{20,}", _("A bot token has letters, digits and full stops, and no spaces.")),
)
ADDRESS: Final = ConfigField(
    "api_url",
    label=_("Address of the API"),
    help_text=_("Empty: https://discord.com/api/v10."),
    secret=False,
    required=False,
    check=check_api,
)


def call(
    method: str,
    path: str,
    value: object,
    config: Mapping[str, str],
    *,
    token: str = "",
    within: float | None = None,
) -> Answer:
    """One request to the API; `token` of the bot, where the address is no secret of its own. Raises what `http.ask`
    raises."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if token:
        headers["Authorization"] = f"Bot {token}"
    body = None if value is None else json.dumps(value).encode()
    url = f"{(config.get('api_url') or API).rstrip('/')}{path}"
    return ask(method, url, body, headers=headers, within=within)


def post_message(message: Message, config: Mapping[str, str], channel: str, *, is_place: bool) -> Sent:
    """Posts to a channel, with what its reader can press as buttons. Raises TransportError; what is wrong with a place
    closes the channel, what is wrong with one person does not."""
    return post(payload(message), config, channel, is_place=is_place, hidden=[message.to])


def post(said: object, config: Mapping[str, str], channel: str, *, is_place: bool, hidden: Iterable[str] = ()) -> Sent:
    """`post_message` of what is drawn already. `hidden`: what no error may repeat, beside the settings."""
    if not config.get("token"):
        raise TransportError(_("The bot token is missing."), closes_channel=True)
    if not channel:
        raise TransportError(_("The channel id is missing."), closes_channel=is_place, permanent=True)
    answer = call("POST", f"/channels/{quote(channel, safe='')}/messages", said, config, token=config["token"])
    if 200 <= answer.status < 300:
        return Sent(external_id=str(answer.json().get("id", "")), code=answer.status)
    raise _error(answer, [*config.values(), *hidden], is_place=is_place)


def open_conversation(person: str, config: Mapping[str, str]) -> str:
    """The id of the conversation with a person; the same one each time. Raises TransportError, never `unknown`:
    nothing was sent yet, so that another try repeats nothing."""
    if not config.get("token"):
        raise TransportError(_("The bot token is missing."), closes_channel=True)
    try:
        answer = call(
            "POST", "/users/@me/channels", {"recipient_id": person}, config, token=config["token"], within=5.0
        )
    except TransportError as error:
        if error.unknown:
            raise TransportError(error.message) from None
        raise
    found = answer.json().get("id")
    if 200 <= answer.status < 300 and isinstance(found, str) and found:
        return found
    if 200 <= answer.status < 300:
        raise TransportError(_("Discord answered something else than it should."))
    raise _error(answer, [*config.values(), person], is_place=False)


def _error(answer: Answer, secrets: Iterable[str], *, is_place: bool) -> TransportError:
    error = error_of(answer, secrets)
    of_one = answer.json().get("code") in CANNOT_WRITE_TO | NO_ACCESS
    if error.closes_channel and not is_place and answer.status in (403, 404) and of_one:
        return TransportError(error.message, permanent=True, of_reader=True, code=answer.status)
    return error
