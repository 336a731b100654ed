"""Mails: two parts, deterministic, closed to what a hostile page puts into its headline."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import cast

from alerts.coverage import read_coverage
from alerts.digest import Digest, make_digest
from alerts.facts import RunFacts
from alerts.render import render
from alerts.rules import WatchRule
from pipeline.records import Message
from tests.alerts.fake_state import COOPERATION, MIXED, NOW, SOURCES, article, newsroom, story_of

DAILY = WatchRule(id="daily", to=("editor@example.org", "desk@example.org"))
FACTS = RunFacts(NOW, 19, (("Reef <Times>", "blocked: 403"), ("海峡报", "failed: 502")), {"fetched": 12, "new": 1})
SENDER = "beatwatch <watch@example.org>"


def digest(**changes: str) -> Digest:
    state = newsroom()
    member = replace(article(), **changes)  # type: ignore[arg-type]
    story = state.tell(story_of(member), member)
    return make_digest(DAILY, [read_coverage(state.port, story)], FACTS, SOURCES)


def parts(message: Message) -> tuple[EmailMessage, str, str]:
    mail = message_from_bytes(message.eml, policy=default)
    text, html = (cast(EmailMessage, part).get_content() for part in mail.iter_parts())
    return mail, text, html


def test_headers_and_parts() -> None:
    made = digest()
    message = render(made, DAILY.to, SENDER)
    mail, text, html = parts(message)
    assert mail["Subject"] == made.subject == message.subject
    assert mail["To"] == "editor@example.org, desk@example.org"
    assert mail["From"] == SENDER
    assert mail["Message-ID"] == f"<{made.id}>"
    assert mail["Date"] == "Tue, 06 Oct 2026 06:00:00 +0000"
    assert mail.get_content_type() == "multipart/alternative"
    for shown in (
        "China pledges to train 3,000 officers",
        "Critics fear for sovereignty.",
        "page's metadata",
        "17 of 19",
    ):
        assert shown in text
        assert shown in html.replace("&#39;", "'")
    assert "海峡报: failed: 502" in text
    assert "https://reef-times.example.org/a1" in text


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert render(digest(), DAILY.to, SENDER).eml == render(digest(), DAILY.to, SENDER).eml


def test_bytes_are_fit_for_any_server() -> None:
    eml = render(digest(headline="警务" * 200, lang="zh"), DAILY.to, SENDER).eml
    assert eml.isascii()
    assert b"\n" not in eml.replace(b"\r\n", b"")
    assert max(map(len, eml.split(b"\r\n"))) <= 998


def test_header_injection() -> None:
    made = replace(digest(), title="x\r\nBcc: victim@example.org\r\n\r\nbody")
    message = render(made, ("editor@example.org",), "w@example.org\r\nBcc: victim@example.org")
    head, _, _ = message.eml.partition(b"\r\n\r\n")
    names = {line.partition(b":")[0].lower() for line in re.sub(rb"\r\n[ \t]", b" ", head).split(b"\r\n")}
    assert b"bcc" not in names
    assert "\n" not in message.subject


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


def test_a_hostile_headline_is_only_text() -> None:
    headline = 'A"><script>alert(1)</script><img src=x onerror=alert(1)>\u202egpj\x07' + "very long " * 400
    made = digest(headline=headline, url="javascript:alert(1)")
    _, text, html = parts(render(made, DAILY.to, SENDER))
    seen = Tags(html)
    assert not seen.tags & {"script", "img", "link", "iframe", "form", "object", "style"}
    assert not [name for name in seen.attributes if name.startswith("on") or name == "src"]
    assert "href" not in seen.attributes
    assert "\u202e" not in html + text
    assert "\x07" not in html + text
    assert "javascript:" not in html + text
    assert len(made.items[0].headline) <= 300


def test_nothing_is_asked_of_the_network() -> None:
    _, _, html = parts(render(digest(), DAILY.to, SENDER))
    assert not re.search(r"url\(|@import|src=|background=", html)


def test_quotes_carry_their_language_and_direction() -> None:
    state = newsroom()
    member = article(lang="ar", headline="الشرطة الصينية")
    story = state.tell(story_of(member), member)
    state.framings["a1"] = replace(MIXED, sentences=(replace(COOPERATION, text="دربت الصين الشرطة", both=True),))
    made = make_digest(DAILY, [read_coverage(state.port, story)], FACTS, SOURCES)
    _, text, html = parts(render(made, DAILY.to, SENDER))
    assert '<p style="margin:0" dir="auto" lang="ar">دربت الصين الشرطة</p>' in html
    assert "cooperation, also the other frame; voice: prc official" in html
    assert "دربت الصين الشرطة" in text


def test_an_undetermined_language_is_not_claimed() -> None:
    assert "und" not in Tags(parts(render(digest(lang="und"), DAILY.to, SENDER))[2]).attributes["lang"]


def test_an_empty_day_names_who_did_not_answer() -> None:
    message = render(make_digest(DAILY, (), FACTS, SOURCES), DAILY.to, SENDER)
    mail, text, html = parts(message)
    assert mail["Subject"] == "beatwatch: nothing new, 6 Oct 2026 (17 of 19 sources answered)"
    assert "Nothing new, 17 of 19 sources answered." in text
    assert "Reef <Times>: blocked: 403" in text
    assert "<bdi>Reef &lt;Times&gt;</bdi>: blocked: 403" in html


def test_a_failed_run_tells_its_reason() -> None:
    made = make_digest(DAILY, (), replace(FACTS, failure="the disk is full"), SOURCES)
    _, text, html = parts(render(made, DAILY.to, SENDER))
    assert "The run failed: the disk is full" in text
    assert "the disk is full" in html
