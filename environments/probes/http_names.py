"""Names to addresses for HTTP checks: asked once, every answer judged, and only what was judged is connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiodns
from aiohttp.abc import AbstractResolver, ResolveResult

from environments.rules.addresses import Network, may_be_asked


class Forbidden(OSError):
    """An address that may not be asked."""


class UnknownName(OSError):
    """A name that nobody knows."""


@dataclass(frozen=True, slots=True)
class NameServers:
    """Other name servers than the system's: their addresses, and the port that they listen on."""

    addresses: tuple[str, ...] = ()
    port: int = 53


# c-ares asks each name server once, and then again for twice as long: 9 s for three, the most that are looked at.
NAME_S = 1.0
NAME_TRIES = 2


@dataclass
class Judged(AbstractResolver):
    """aiohttp's way to a name's addresses. One forbidden answer among those of a name is enough to refuse it.

    c-ares and not the system's resolver on threads: a name server that hangs would keep these from ending.
    """

    allowed: Sequence[Network]
    servers: NameServers = field(default_factory=NameServers)

    def __post_init__(self) -> None:
        given: dict[str, Any] = (
            {"udp_port": self.servers.port, "tcp_port": self.servers.port} if self.servers.addresses else {}
        )
        self._names = aiodns.DNSResolver(
            nameservers=self.servers.addresses or None, timeout=NAME_S, tries=NAME_TRIES, **given
        )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises UnknownName, or Forbidden before anything is connected to."""
        try:
            answer = await self._names.getaddrinfo(host, family=family, port=port, type=socket.SOCK_STREAM)
        except aiodns.error.DNSError as error:
            raise UnknownName(host) from error
        found = [
            ResolveResult(
                hostname=host,
                host=node.addr[0].decode() if isinstance(node.addr[0], bytes) else str(node.addr[0]),
                port=port,
                family=node.family,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for node in answer.nodes
        ]
        if not found:
            raise UnknownName(host)
        for one in found:
            require(one["host"], self.allowed)
        return found

    async def close(self) -> None:
        await self._names.close()


def require(address: str, allowed: Sequence[Network]) -> None:
    """Raises Forbidden for an address that may not be asked."""
    if not may_be_asked(address, allowed):
        raise Forbidden(address)


def guarded(allowed: Sequence[Network]) -> Callable[[Any], socket.socket]:
    """What makes the sockets of connections: the last gate, which numbers in addresses pass as well as names."""

    def made(info: Any) -> socket.socket:
        family, kind, proto, _name, address = info
        require(str(address[0]), allowed)
        return socket.socket(family=family, type=kind, proto=proto)

    return made
