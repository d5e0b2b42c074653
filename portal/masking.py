"""Hides what must not reach a log, a page or an answer: passwords and tokens inside addresses."""

import re
from typing import Final

HIDDEN: Final = "***"
_PASSWORD: Final = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/]*(?P<after>@)", re.IGNORECASE)
# A webhook's address is its password (Discord, Slack, JANDI): everything after the service's fixed part is hidden.
_WEBHOOK: Final = re.compile(
    r"(?P<before>(?:discord(?:app)?\.com/api(?:/v\d+)?/webhooks|hooks\.slack\.com/services"
    r"|wh\.jandi\.com/connect-api/webhook|/api/webhooks)/)[^\s\"'<>]+",
    re.IGNORECASE,
)
# So are the addresses of calendar feeds, of heartbeats, of SMS gateways, of chat apps, and of the signed links in
# messages and mails: who has one may do what it is for, without signing in.
_SECRET: Final = re.compile(
    r"(?P<before>/(?:feeds|ping|hooks/(?:sms|jandi|slack|discord)|m/[oal]|(?:reports|tickets)/mails)/)[^\s\"'<>]+"
)
# Tokens of the API: their beginning is enough to tell which one.
_TOKEN: Final = re.compile(r"(?P<before>dbk_[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{16,}")


def mask(text: str) -> str:
    """The text with `***` for each password of a URL, for what is secret of each address of a webhook, feed, heartbeat,
    gateway, chat and signed link, and for each token of the API but for its beginning."""
    text = _PASSWORD.sub(rf"\g<before>{HIDDEN}\g<after>", text)
    text = _SECRET.sub(rf"\g<before>{HIDDEN}", text)
    text = _TOKEN.sub(rf"\g<before>{HIDDEN}", text)
    return _WEBHOOK.sub(rf"\g<before>{HIDDEN}", text)
