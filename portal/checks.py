"""System checks: a configuration that is only half there is an error before it is a riddle."""

from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.http.request import validate_host

from portal import env

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@register
def half_configured(**kwargs: Any) -> list[CheckMessage]:
    """Settings that contradict each other."""
    found: list[CheckMessage] = []
    parts = urlsplit(settings.BASE_URL)
    if settings.SIMULATED_AWS and not settings.EMBEDDED and not settings.AWS_ENDPOINT_GIVEN:
        found.append(
            Error(
                "SIMULATED_AWS is on, but with a BROKER_URL nothing starts the simulator.",
                hint="SIMULATED_AWS=off for the real AWS, or AWS_ENDPOINT_URL for a simulator that runs elsewhere.",
                id="portal.E001",
            )
        )
    if not validate_host(parts.hostname or "", settings.ALLOWED_HOSTS):
        found.append(
            Error(
                f"ALLOWED_HOSTS refuses {parts.hostname}, the host of BASE_URL: no link in a message would work.",
                hint="Add it to ALLOWED_HOSTS, or leave ALLOWED_HOSTS unset.",
                id="portal.E002",
            )
        )
    if settings.SECURE_HSTS_SECONDS and parts.scheme != "https":
        found.append(
            Error(
                "HSTS_SECONDS is set, but BASE_URL is not https: browsers would be locked out.",
                hint="Set BASE_URL to the https address.",
                id="portal.E003",
            )
        )
    if settings.DEMO and not settings.SIMULATED_AWS:
        found.append(
            Error(
                "DEMO is on with the real AWS: the sample's environments would be looked for in an account of yours.",
                hint="DEMO=off, or SIMULATED_AWS=on.",
                id="portal.E004",
            )
        )
    return found


@register
def half_configured_mail(**kwargs: Any) -> list[CheckMessage]:
    """A mail server that nothing could be sent through."""
    found: list[CheckMessage] = []
    host, user, password = settings.EMAIL_HOST, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD
    address = parseaddr(settings.EMAIL_FROM)[1]
    if bool(host) != bool(settings.EMAIL_FROM) or (settings.EMAIL_FROM and "@" not in address):
        found.append(
            Error(
                "EMAIL_HOST and EMAIL_FROM go together: a mail needs a server and an address that it is from.",
                hint="Set both, EMAIL_FROM as Daybreak <daybreak@example.com>, or neither for no mail.",
                id="portal.E005",
            )
        )
    if bool(user) != bool(password) or (user and not host):
        found.append(
            Error(
                "EMAIL_USER and EMAIL_PASSWORD go together, and with EMAIL_HOST.",
                hint="Set them all, or leave user and password out where the server asks for none.",
                id="portal.E006",
            )
        )
    if password and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL) and host not in LOOPBACK:
        found.append(
            Error(
                "EMAIL_SECURITY is none: EMAIL_PASSWORD would go over the network for everybody to read.",
                hint="EMAIL_SECURITY=starttls, or tls.",
                id="portal.E007",
            )
        )
    return found


@register
def unknown_variables(**kwargs: Any) -> list[CheckMessage]:
    """Names in `.env` that nothing reads: most often a typing error, and then the default is in force unnoticed."""
    return [
        checks.Warning(f".env sets {name}, which the portal does not know.", hint=hint, id="portal.W001")
        for name, hint in env.unknown_names().items()
    ]
