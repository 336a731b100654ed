"""Which addresses may be asked: pure decisions, no network.

A feed is written by strangers and a redirect by anybody, so every address is judged twice: as it is written
(`url_problem`, before a request is made) and by the IP address that is about to be connected to (`ip_problem`, called
by `crawlers.resolver`). Only the second is security; the first gives a person a better reason and spares a look-up.
The tables are the IANA special-purpose registries written out: `ipaddress.is_global` changes between Python versions
and calls multicast and site-local addresses global.
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

from w3lib.url import safe_url_string

LONGEST_URL = 8000  # characters; servers answer 414 far below

_V4 = {
    "unspecified": ("0.0.0.0/8",),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "carrier-grade NAT": ("100.64.0.0/10",),
    "loopback": ("127.0.0.0/8",),
    "link-local": ("169.254.0.0/16",),  # the clouds' metadata services too
    "cloud metadata": ("168.63.129.16/32",),  # Azure's sits on a public address
    "reserved": ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
    "documentation": ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
    "multicast": ("224.0.0.0/4",),
}
# Forms that carry an IPv4 address are refused whole: what they reach depends on a gateway that we cannot see.
_V6 = {
    "loopback": ("::1/128",),
    "unspecified": ("::/128",),
    "IPv4-mapped": ("::ffff:0:0/96",),
    "IPv4-compatible": ("::/96",),
    "NAT64": ("64:ff9b::/96", "64:ff9b:1::/48"),
    "6to4": ("2002::/16",),
    "Teredo or reserved": ("2001::/23",),
    "documentation": ("2001:db8::/32", "3fff::/20"),
    "private": ("fc00::/7",),
    "link-local": ("fe80::/10",),
    "site-local": ("fec0::/10",),
    "multicast": ("ff00::/8",),
}
_TABLE = [(kind, ipaddress.ip_network(net)) for table in (_V4, _V6) for kind, nets in table.items() for net in nets]
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")

_NUMERIC_LABEL = re.compile(r"(?:\d+|0x[0-9a-f]*)\Z")
_HOST = re.compile(r"[^\s%/\\?#@<>\[\]:|^`{}\"]+\Z")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")  # full stops that IDNA reads as dots


@dataclass(frozen=True, slots=True)
class HostRules:
    """What an operator set: hosts that connect elsewhere, and hosts that pass whatever their address is.

    `host_map` pairs a pattern ("*.newsroom.test" or a whole name) with "ip:port"; `allow_hosts` are patterns.
    """

    host_map: tuple[tuple[str, str], ...] = ()
    allow_hosts: tuple[str, ...] = ()

    def mapped(self, host: str) -> tuple[str, int] | None:
        """The (ip, port) that stands in for `host`, if the map names it."""
        for pattern, target in self.host_map:
            if matches(host, pattern):
                address, _, port = target.rpartition(":")
                return address.strip("[]"), int(port)
        return None

    def allowed(self, host: str) -> bool:
        """Whether the operator lets `host` through by name."""
        return any(matches(host, pattern) for pattern in self.allow_hosts)


def matches(host: str, pattern: str) -> bool:
    """Whether a host is the pattern, or a name below "*.domain" (not the domain itself)."""
    host, pattern = plain_host(host), pattern.lower()
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def plain_host(host: str) -> str:
    """A host as it is compared: compatibility forms folded, lower case, ASCII ("xn--..."), no dot at the end."""
    folded = unicodedata.normalize("NFKC", host).translate(_DOTS).lower().rstrip(".").strip("[]")
    if folded.isascii():
        return folded
    try:
        return folded.encode("idna").decode("ascii")
    except UnicodeError:
        return folded


def host_of(url: str) -> str:
    """The host of an address in the form in which hosts are compared; "" if it has none."""
    try:
        return plain_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def address_key(url: str) -> str:
    """The address under which a request is remembered: escaped as it is sent, without its fragment."""
    try:
        return str(safe_url_string(urldefrag(url.strip()).url))
    except ValueError:
        return url


def url_problem(url: str, rules: HostRules) -> str | None:
    """Why this address must not be asked, or None. Judges what is written; the connection is judged again."""
    if len(url) > LONGEST_URL:
        return f"longer than {LONGEST_URL} characters"
    if any(ord(c) < 33 for c in url.strip()) or "\\" in url.split("?")[0]:
        return "control characters, spaces or backslashes in the address"
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # reading it is the check
    except ValueError as error:
        return f"not an address: {error}"
    if parts.scheme.lower() not in ("http", "https"):
        return f"only http and https are asked, not {parts.scheme or 'an address without a scheme'}"
    if "@" in parts.netloc:
        return "a user name or password in the address"
    return _host_problem(plain_host(parts.hostname or ""), rules)


def _host_problem(host: str, rules: HostRules) -> str | None:
    if not host:
        return "no host in the address"
    if rules.mapped(host) or rules.allowed(host):
        return None
    if ":" in host:
        return ip_problem(host)
    if not _HOST.match(host):
        return f"not a host name: {host}"
    if _NUMERIC_LABEL.match(host.rpartition(".")[2]):
        return _literal_problem(host)
    return None


def _literal_problem(host: str) -> str | None:
    """Decimal, octal, hexadecimal and shortened forms exist to get past checks; no publisher links to them."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return f"an IP address in disguise: {host}"
    return ip_problem(host)


def ip_problem(text: str) -> str | None:
    """Why no connection may be made to this IP address ("private address 10.0.0.1"), or None if it is public."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return f"not an IP address: {text}"
    if "%" in text:
        return f"an address of one network interface: {text}"
    for kind, network in _TABLE:
        if address.version == network.version and address in network:
            return f"{kind} address {text}"
    if address.version == 6 and address not in _GLOBAL_V6:
        return f"reserved address {text}"
    return None
