"""The guarded resolver hands on public addresses only: what Twisted connects to is what was judged."""

from collections.abc import Sequence

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.guard import HostRules
from crawlers.resolver import GuardedResolver, Receiver


class NameServer:
    """Answers with the same addresses for every name; counts look-ups."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.asked: list[str] = []

    def resolveHostName(
        self,
        resolutionReceiver: Receiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type] | None = None,
        transportSemantics: str = "TCP",
    ) -> object:
        self.asked.append(hostName)
        resolutionReceiver.resolutionBegan(self)
        for address in self._addresses:
            kind = IPv6Address if ":" in address else IPv4Address
            resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return self


class Connection:
    """Collects the addresses that would be connected to."""

    def __init__(self) -> None:
        self.to: list[tuple[str, int]] = []
        self.complete = False

    def resolutionBegan(self, resolution: object) -> None:
        assert not self.to

    def addressResolved(self, address: object) -> None:
        assert isinstance(address, IPv4Address | IPv6Address)
        self.to.append((address.host, address.port))

    def resolutionComplete(self) -> None:
        self.complete = True


RULES = HostRules(host_map=(("*.newsroom.test", "127.0.0.1:41234"),), allow_hosts=("intranet.test",))


@pytest.mark.parametrize(
    ("host", "answers", "connected", "problem"),
    [
        ("public.test", ["8.8.8.8"], [("8.8.8.8", 80)], None),
        ("inside.test", ["10.0.0.1"], [], "inside.test leads to the private address 10.0.0.1"),
        ("mixed.test", ["127.0.0.1", "8.8.8.8"], [("8.8.8.8", 80)], None),
        ("mapped6.test", ["::ffff:127.0.0.1", "fe80::1"], [], "mapped6.test leads to the IPv4-mapped address"),
        ("127.0.0.1", ["127.0.0.1"], [], "127.0.0.1 leads to the loopback address"),
        ("Metadata.Google.Internal.", ["169.254.169.254"], [], "metadata.google.internal leads to the link-local"),
        ("intranet.test", ["10.0.0.1"], [("10.0.0.1", 80)], None),
        ("пример.рф", ["10.0.0.1"], [], "xn--e1afmkfd.xn--p1ai leads to the private"),
        ("nobody.test", [], [], None),
    ],
)
def test_only_public_addresses_are_connected_to(
    host: str, answers: list[str], connected: list[tuple[str, int]], problem: str | None
) -> None:
    resolver, connection = GuardedResolver(NameServer(*answers), RULES), Connection()
    resolver.resolveHostName(connection, host, 80)
    assert connection.to == connected
    assert connection.complete
    assert [text.startswith(problem or "-") for text in resolver.problems.values()] == [True] * bool(problem)


def test_mapped_hosts_need_no_look_up() -> None:
    names, connection = NameServer("8.8.8.8"), Connection()
    GuardedResolver(names, RULES).resolveHostName(connection, "outlet.newsroom.test", 80)
    assert (connection.to, connection.complete, names.asked) == ([("127.0.0.1", 41234)], True, [])


def test_a_name_that_has_become_public_is_forgiven() -> None:
    resolver = GuardedResolver(NameServer("10.0.0.1"), RULES)
    resolver.resolveHostName(Connection(), "a.test", 80)
    assert resolver.problems
    again = GuardedResolver(NameServer("8.8.8.8"), RULES)
    again.problems.update(resolver.problems)
    again.resolveHostName(Connection(), "a.test", 80)
    assert not again.problems
