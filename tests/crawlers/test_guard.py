"""The address guard as a table of decisions."""

import pytest

from crawlers.guard import HostRules, address_key, host_of, ip_problem, url_problem

RULES = HostRules(host_map=(("*.newsroom.test", "127.0.0.1:41234"),), allow_hosts=("intranet.example", "10.1.2.3"))

REFUSED_IPS = [
    ("0.0.0.0", "unspecified"),
    ("10.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.100.100.200", "carrier-grade NAT"),  # Alibaba's metadata
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),  # metadata of AWS, Google, Azure
    ("168.63.129.16", "cloud metadata"),
    ("192.0.0.192", "reserved"),  # Oracle's metadata
    ("192.88.99.1", "reserved"),
    ("198.18.0.1", "reserved"),
    ("192.0.2.1", "documentation"),
    ("203.0.113.9", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::ffff:127.0.0.1", "IPv4-mapped"),
    ("::ffff:8.8.8.8", "IPv4-mapped"),
    ("::7f00:1", "IPv4-compatible"),
    ("64:ff9b::7f00:1", "NAT64"),
    ("64:ff9b:1::1", "NAT64"),
    ("2002:7f00:1::", "6to4"),
    ("2001:0:7f00:1::", "Teredo"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("fc00::1", "private"),
    ("fd00:ec2::254", "private"),  # AWS's metadata
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "one network interface"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("4000::1", "reserved"),
    ("not an address", "not an IP address"),
]
PUBLIC_IPS = ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "223.255.255.255",
              "2606:4700:4700::1111", "2a00:1450:4001:829::200e", "240e:980::1"]  # fmt: skip

REFUSED_URLS = [
    ("ftp://example.com/", "only http and https"),
    ("file:///etc/passwd", "only http and https"),
    ("javascript:alert(1)", "only http and https"),
    ("data:text/html,x", "only http and https"),
    ("gopher://example.com/", "only http and https"),
    ("/relative", "without a scheme"),
    ("http:///path", "no host"),
    ("http://user@example.com/", "user name or password"),
    ("http://user:secret@example.com/", "user name or password"),
    ("http://example.com@127.0.0.1/", "user name or password"),
    ("http://127.0.0.1/", "loopback"),
    ("http://127.0.0.1:8080/", "loopback"),
    ("http://127.0.0.1./", "loopback"),
    ("http://2130706433/", "in disguise"),
    ("http://0x7f000001/", "in disguise"),
    ("http://0x7f.1/", "in disguise"),
    ("http://0177.0.0.1/", "in disguise"),
    ("http://127.1/", "in disguise"),
    ("http://127.0.0.01/", "in disguise"),
    ("http://0/", "in disguise"),
    ("http://256.256.256.256/", "in disguise"),
    ("http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "loopback"),  # circled digits
    ("http://\uff11\uff12\uff17\u30020\u30020\u30021/", "loopback"),  # full-width digits, ideographic full stops
    ("http://[::1]/", "loopback"),
    ("http://[::ffff:10.0.0.1]/", "IPv4-mapped"),
    ("http://[::1/", "not an address"),
    ("http://%31%32%37.0.0.1/", "not a host name"),
    ("http://example.com\\@127.0.0.1/", "backslashes"),
    ("http://exa mple.com/", "spaces"),
    ("http://example.com/\x00", "control characters"),
    ("http://example.com:99999/", "not an address"),
    ("http://169.254.169.254/latest/meta-data/", "link-local"),
    ("http://example.com/" + "a" * 9000, "longer than"),
]
PASSED_URLS = [
    "http://example.com/", "https://example.com:8443/a?b=c#d", "HTTPS://EXAMPLE.COM/", "http://8.8.8.8/",
    "http://xn--fiqs8s/", "http://例子.中国/新闻", "http://1point3acres.com/", "http://360.cn/",
    "http://outlet.newsroom.test/a", "http://OUTLET.newsroom.test./a", "http://intranet.example/", "http://10.1.2.3/x",
    "http://example.com/a?q=back\\slash",
]  # fmt: skip


@pytest.mark.parametrize(("address", "kind"), REFUSED_IPS)
def test_no_connection_to(address: str, kind: str) -> None:
    assert kind in (ip_problem(address) or "passed")


@pytest.mark.parametrize("address", PUBLIC_IPS)
def test_connection_to_public(address: str) -> None:
    assert ip_problem(address) is None


@pytest.mark.parametrize(("url", "reason"), REFUSED_URLS)
def test_refused_as_written(url: str, reason: str) -> None:
    assert reason in (url_problem(url, RULES) or "passed")


@pytest.mark.parametrize("url", PASSED_URLS)
def test_passed_as_written(url: str) -> None:
    assert url_problem(url, RULES) is None


def test_host_map_names_its_target() -> None:
    rules = HostRules(host_map=(("*.newsroom.test", "127.0.0.1:41234"), ("six.test", "[::1]:80")))
    assert rules.mapped("Outlet.Newsroom.test") == ("127.0.0.1", 41234)
    assert rules.mapped("six.test") == ("::1", 80)
    assert rules.mapped("newsroom.test") is None
    assert rules.mapped("evilnewsroom.test") is None


def test_hosts_compare_in_ascii() -> None:
    assert host_of("http://Пример.РФ./x") == host_of("http://xn--e1afmkfd.xn--p1ai/") == "xn--e1afmkfd.xn--p1ai"
    assert host_of("http://[::1") == ""


def test_addresses_compare_without_fragment_and_spelling() -> None:
    assert address_key(" http://a.test/新闻#top ") == address_key("http://a.test/%E6%96%B0%E9%97%BB")
    assert address_key("http://[::1") == "http://[::1"
