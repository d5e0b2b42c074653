"""Whether what somebody typed is an address that can be asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from environments.rules.addresses import Network, may_be_asked
from environments.rules.errors import RuleError

SCHEMES: Final = frozenset({"http", "https"})


PORTS: Final = {"http": 80, "https": 443}


def is_same_server(url: str, other: str) -> bool:
    """Whether both lead to the same server: scheme, host and port. What is no address is the same as nothing."""
    try:
        first, second = _server(url), _server(other)
    except ValueError:
        return False
    return first == second


def _server(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url.strip())
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)


def check_address(url: str, allowed: Sequence[Network]) -> None:
    """Raises RuleError, for the field “url”, for what is no web address, holds a password, or is the number of a
    machine that may not be asked. Names are resolved only when they are asked."""
    try:
        parts = urlsplit(url)
        host, usable = parts.hostname or "", parts.scheme in SCHEMES and parts.port != 0
    except ValueError:
        host, usable = "", False
    if not usable or not host or any(letter <= " " or letter == "\x7f" for letter in url):
        raise RuleError(
            "url",
            url,
            "Enter a web address that begins with https:// or http://, for example https://chat.example.com/health.",
            "https:// 또는 http://로 시작하는 웹 주소를 입력하세요. 예: https://chat.example.com/health",
        )
    if parts.username is not None or parts.password is not None:
        raise RuleError(
            "url",
            "",
            "Leave the name and password out of the address; enter a secret header “Authorization” below instead.",
            "주소에서 이름과 비밀번호를 빼고, 대신 아래에 비밀 헤더 “Authorization”을 입력하세요.",
        )
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not may_be_asked(host, allowed):
        raise RuleError(
            "url",
            host,
            f"{host} is in a network that checks may not ask. Whoever runs the portal can allow private networks"
            " (HEALTH_ALLOWED_NETWORKS), but never those of metadata services.",
            f"{host}은(는) 점검이 허용되지 않는 네트워크예요. 포털 관리자가 사설망을 허용할 수 있지만"
            "(HEALTH_ALLOWED_NETWORKS) 메타데이터 서비스는 허용할 수 없어요.",
        )
