"""Addresses of applications that the simulated AWS answers for. Its port may be another one at each start."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

APPS = "/_app/"


def health_of(stack: str) -> str:
    """The address of the health of what a simulated stack runs."""
    return f"{settings.AWS_ENDPOINT_URL}{APPS}{stack}/actuator/health"


def address(url: str) -> str:
    """The same, where the simulated AWS listens by now; any other address as it is."""
    if not settings.SIMULATED_AWS or APPS not in url:
        return url
    parts, there = urlsplit(url), urlsplit(settings.AWS_ENDPOINT_URL)
    if parts.hostname != "127.0.0.1" or not parts.path.startswith(APPS):
        return url
    return parts._replace(scheme=there.scheme, netloc=there.netloc).geturl()
