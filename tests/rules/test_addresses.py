"""Which addresses may be asked: public ones and those that an installation names; some never."""

from __future__ import annotations

import ipaddress

import pytest

from environments.rules.addresses import may_be_asked

EVERYTHING = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.2", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "fec0::1", "ff02::1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a00:1::", "fd00:ec2::254"),
        *("100.100.100.200", "2001:0:a9fe:a9fe::1", "::10.0.0.1", "192.0.2.1", "2001:db8::1"),
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not may_be_asked(address, [])


def test_public_ones_and_those_that_the_installation_names_are_allowed() -> None:
    intranet = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]
    allowed = ["8.8.8.8", "2606:4700:4700::1111", "10.1.2.3", "::ffff:10.1.2.3", "fd00::1"]
    assert [may_be_asked(address, intranet) for address in [*allowed, "10.2.0.1"]] == [True] * 5 + [False]


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd00:ec2::23", "100.100.100.200", "168.63.129.16"),
        *("fe80::1", "fe80::1%eth0", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "240.0.0.1", "255.255.255.255"),
        *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::ffff:0.0.0.0", "::169.254.169.254"),
    ],
)
def test_metadata_and_link_local_addresses_are_refused_whatever_is_allowed(address: str) -> None:
    assert not may_be_asked(address, EVERYTHING)


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError):
        may_be_asked("localhost", EVERYTHING)
