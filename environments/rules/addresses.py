"""Which IP addresses may be asked of what somebody typed and a stranger answers: calendars, health checks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NEVER: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("169.254.0.0/16", "fe80::/10"),  # link-local: EC2's metadata, ECS's credentials
        *("fd00:ec2::/32", "fd20:ce::254/128"),  # metadata by IPv6: EC2 and EKS, Google
        *("100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32"),  # Alibaba, Oracle, Azure
        *("0.0.0.0/8", "::/128"),  # unspecified: leads to this machine
        *("224.0.0.0/4", "ff00::/8", "240.0.0.0/4"),  # many at once, and reserved
    )
)
"""Refused whatever an installation allows: nobody's application is there, and what is there gives credentials away."""

# Addresses that carry an IPv4 one in their last four bytes, of which nobody knows where a gateway takes them.
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE: Final = ipaddress.ip_network("::/96")


def may_be_asked(address: str, allowed: Iterable[Network]) -> bool:
    """Whether a connection may go there: a public address, or one in a network that this installation names.

    What is in `NEVER` is refused in any case, also when an address of IPv6 carries it (mapped, 6to4, Teredo, NAT64).
    Raises ValueError for what is no IP address.
    """
    ip = ipaddress.ip_address(address)
    carried = _carried(ip)
    if any(_within(one, NEVER) for one in (ip, *carried)):
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        # The same machine by another spelling.
        ip, carried = ip.ipv4_mapped, ()
    if _within(ip, allowed):
        return True
    site_local = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local
    return not carried and ip.is_global and not ip.is_multicast and not ip.is_reserved and not site_local


def _within(ip: Address, networks: Iterable[Network]) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)


def _carried(ip: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses inside one of IPv6."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ()
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if any(ip in network for network in _NAT64) or (ip in _COMPATIBLE and int(ip) > 1):
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)
