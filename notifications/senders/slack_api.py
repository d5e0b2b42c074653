"""One message by Slack's Web API (`chat.postMessage`), as the bot of an app with the scope `chat:write`.

Facts: Slack's reference of `chat.postMessage` and "Rate limits" (checked 2026-11-21). The answer is 200 also for most
errors; `ok` and `error` say what happened.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications.senders.base import ConfigField, Message, Sent, TransportError
from notifications.senders.http import Answer, answered, ask, post_json, refusal, seconds, validate_address
from notifications.senders.slack_blocks import payload
from notifications.senders.values import looks_like
from notifications.texts import filled

API: Final = "https://slack.com/api"

LATER: Final = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "request_timeout"})
UNKNOWN: Final = frozenset({"internal_error", "fatal_error"})
"""Slack: "It's possible some aspect of the operation succeeded before the error was raised." """
REFUSES_US: Final = frozenset(
    {
        "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission",
        "missing_scope", "not_allowed_token_type", "access_denied", "accesslimited", "org_login_required",
        "ekm_access_denied", "team_access_not_granted", "enterprise_is_restricted", "deprecated_endpoint",
        "method_deprecated", "two_factor_setup_required",
    }
)  # fmt: skip
PLACE_IS_GONE: Final = frozenset(
    {"channel_not_found", "is_archived", "not_in_channel", "restricted_action", "restricted_action_read_only_channel"}
)

NOT_TOLD: Final = frozenset({"missing_scope", "user_not_found", "user_not_visible"})

KNOWN: Final = LATER | UNKNOWN | REFUSES_US | PLACE_IS_GONE

_CODE = re.compile(r"[a-z_]{1,60}")


def check_api(value: str) -> None:
    """Raises ValidationError unless the value is Slack's own address, that of GovSlack, or of this machine."""
    validate_address(value)
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname not in ("slack.com", "slack-gov.com"):
        raise ValidationError(_("This is not an address of Slack's Web API."))


TOKEN: Final = ConfigField(
    "token",
    label=_("Bot token"),
    help_text=_(
        "In Slack: api.slack.com/apps, your app, OAuth & Permissions, Bot User OAuth Token; the app needs the scope"
        " chat:write. For example xoxb-123-456-abc."
    ),
    check=looks_like(r"xox[a-z.-]+[!-~]+", _("A bot token begins with xoxb-.")),
)
ADDRESS: Final = ConfigField(
    "api_url",
    label=_("Address of the Web API"),
    help_text=_("Empty: https://slack.com/api. For GovSlack: https://slack-gov.com/api."),
    secret=False,
    required=False,
    check=check_api,
)


def post_message(message: Message, config: Mapping[str, str], channel: str, *, closing: frozenset[str]) -> Sent:
    """Posts to a channel or, by their member id, to a person. Raises TransportError; `closing`: the codes that mean
    that nothing more can arrive over this channel, beside those that refuse us altogether."""
    said = call("chat.postMessage", {**payload(message), "channel": channel}, config, closing=closing)
    return Sent(external_id=f"{said.get('channel', '')}/{said.get('ts', '')}", code=200)


def call(
    method: str, value: object, config: Mapping[str, str], *, closing: frozenset[str] = frozenset()
) -> Mapping[str, object]:
    """What Slack says to a method that writes. Raises TransportError, as `post_message`."""
    answer = post_json(_url(method, config), value, headers=_headers(config))
    return _accepted(answer, closing)


def user_of(member: str, config: Mapping[str, str], *, within: float) -> Mapping[str, object]:
    """What Slack tells of a member; {} where our scopes do not let it, or it knows nobody of this id. Raises
    TransportError."""
    query = {"user": member, "include_locale": "true"}
    answer = ask("GET", _url("users.info", config), headers=_headers(config), query=query, within=within)
    if answer.status == 200 and answer.json().get("error") in NOT_TOLD:
        return {}
    user = _accepted(answer, frozenset()).get("user")
    return user if isinstance(user, dict) else {}


def _url(method: str, config: Mapping[str, str]) -> str:
    return f"{(config.get('api_url') or API).rstrip('/')}/{method}"


def _headers(config: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {config.get('token', '')}"}


def _accepted(answer: Answer, closing: frozenset[str]) -> Mapping[str, object]:
    said = answer.json()
    error = str(said.get("error") or "")[:80]
    if answer.status == 200 and said.get("ok") is True:
        return said
    if answer.status != 200:
        raise refusal(answer, answered(answer, "Slack", error if error in KNOWN else ""))
    if not error:
        # 200 and yet not Slack's words: it may have come from something in between.
        raise TransportError(_("Slack answered something else than it should. It may have arrived."), unknown=True)
    # What is not on the list is a code all the same, unless it came from something in between.
    words = filled(_("%(service)s answered: %(said)s"), service="Slack", said=error if _CODE.fullmatch(error) else "…")
    if error in UNKNOWN:
        raise TransportError(words, unknown=True, code=200)
    if error in LATER:
        raise TransportError(words, retry_after=seconds(answer.headers.get("retry-after")), code=200)
    raise TransportError(words, permanent=True, closes_channel=error in REFUSES_US | closing, code=200)
