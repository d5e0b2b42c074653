"""System checks: a configuration that is only half there is an error before it is a riddle."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.http.request import validate_host

from portal import env


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
def unknown_variables(**kwargs: Any) -> list[CheckMessage]:
    """Names in `.env` that nothing reads: most often a typing error, and then the default is in force unnoticed."""
    return [
        checks.Warning(f".env sets {name}, which the portal does not know.", hint=hint, id="portal.W001")
        for name, hint in env.unknown_names().items()
    ]
