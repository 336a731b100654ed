"""The guard on the wire: names are resolved once, judged, and those very addresses are connected to.

Twisted's HostnameEndpoint connects to what the reactor's name resolver returns and to nothing else (the port too is
taken from there). So the resolver is where the guard stands: no second look-up can be answered differently (DNS
rebinding), literal addresses pass through it as well, and so do robots.txt and every hop of a redirect.
(Twisted's interfaces are zope's, which a type checker cannot follow: the protocols here say the same in its terms.)
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawlers.guard import HostRules, ip_problem, plain_host

if TYPE_CHECKING:
    from scrapy.crawler import CrawlerProcessBase


class Receiver(Protocol):
    """Twisted's IResolutionReceiver: is told of the addresses one by one."""

    def resolutionBegan(self, resolution: object) -> None:
        """The look-up has started."""
        ...

    def addressResolved(self, address: object) -> None:
        """One address of the name."""
        ...

    def resolutionComplete(self) -> None:
        """There are no more."""
        ...


class Resolver(Protocol):
    """Twisted's IHostnameResolver."""

    def resolveHostName(
        self,
        resolutionReceiver: Receiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type] | None = None,
        transportSemantics: str = "TCP",
    ) -> object:
        """Look `hostName` up and tell the receiver."""
        ...


@implementer(IHostResolution)
class _Mapped:
    """A resolution that needed no look-up."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing runs, so nothing is cancelled."""


@implementer(IResolutionReceiver)
class _Sieve:
    """Lets public addresses through to the connection and notes why the others were not."""

    def __init__(self, receiver: Receiver, host: str, problems: dict[str, str]) -> None:
        self._receiver, self._host, self._problems = receiver, host, problems
        self._refused: list[str] = []
        self._passed = False

    def resolutionBegan(self, resolution: object) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: object) -> None:
        problem = ip_problem(str(getattr(address, "host", address)))
        if problem is None:
            self._passed = True
            self._receiver.addressResolved(address)
        else:
            self._refused.append(problem)

    def resolutionComplete(self) -> None:
        self._problems.pop(self._host, None)
        if self._refused and not self._passed:
            self._problems[self._host] = f"{self._host} leads to the {self._refused[0]}"
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """The reactor's name resolver with the address guard and the plan's host map.

    `inner` makes the look-ups; `problems` says, by host, why the last look-up let no address through.
    """

    def __init__(self, inner: Resolver, rules: HostRules) -> None:
        self._inner, self._rules = inner, rules
        self.problems: dict[str, str] = {}

    def resolveHostName(
        self,
        resolutionReceiver: Receiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type] | None = None,
        transportSemantics: str = "TCP",
    ) -> object:
        """Twisted's interface: addresses go to the receiver, none if all were refused."""
        host = plain_host(hostName)
        target = self._rules.mapped(host)
        if target is not None:
            return _answer_from_map(resolutionReceiver, hostName, target)
        receiver = resolutionReceiver
        if not self._rules.allowed(host):
            receiver = _Sieve(resolutionReceiver, host, self.problems)
        return self._inner.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


def _answer_from_map(receiver: Receiver, name: str, target: tuple[str, int]) -> object:
    resolution = _Mapped(name)
    receiver.resolutionBegan(resolution)
    kind = IPv6Address if ":" in target[0] else IPv4Address
    receiver.addressResolved(kind("TCP", *target))
    receiver.resolutionComplete()
    return resolution


class InstalledResolver:
    """Puts the guard before the reactor's own resolver (Scrapy's TWISTED_DNS_RESOLVER setting)."""

    def __init__(self, reactor: Any, rules: HostRules) -> None:
        self._reactor, self._rules = reactor, rules

    @classmethod
    def from_crawler(cls, crawler: "CrawlerProcessBase", reactor: Any) -> "InstalledResolver":
        """Made by Scrapy; the rules come with the settings."""
        rules = crawler.settings["BEATWATCH_HOST_RULES"]
        assert isinstance(rules, HostRules)
        return cls(reactor, rules)

    def install_on_reactor(self) -> None:
        """Called by Scrapy before the reactor starts."""
        self._reactor.installNameResolver(GuardedResolver(self._reactor.nameResolver, self._rules))
