"""Pages that stand in the way are told from articles."""

import pytest

from crawlers.challenge import challenge

HTML = {"content-type": "text/html; charset=utf-8"}
LONG = "<p>" + "The bank said that its customers would have to solve a captcha at every login. " * 40 + "</p>"

OBSTACLES = [
    ("Cloudflare", "<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies"
     " to continue</noscript><script>window._cf_chl_opt={cvId:'3'};</script></body></html>"),
    ("Cloudflare", "<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>"),
    ("cookie by script", "<script>document.cookie=('__jsl_clearance=1759.1|-1|')+'abc';location.href=location.pathname"
     "+location.search</script>"),
    ("cookie by script", "<html><body><script>var arg1='3A';var _0x='acw_sc__v2';</script></body></html>"),
    ("cookie by script", "<html><script>document.cookie = 'seen=1';\nwindow.location.reload();</script></html>"),
    ("cookie by script", "<html><head></head><iframe src='/_Incapsula_Resource?CWUDNSAI=1'></iframe>"),
    ("captcha", "<html><head><title>Access check</title></head><body><div class='g-recaptcha' data-sitekey='x'></div>"
     "Please confirm.</body></html>"),
    ("captcha", "<title>Are you a robot?</title><body>Press and hold.<div id='px-captcha'></div></body>"),
    ("captcha", "<html><head><title>安全验证</title></head><body>请完成安全验证后继续访问</body></html>"),
    ("captcha", "<html><body><script src='https://geo.captcha-delivery.com/c.js'></script></body></html>"),
    ("consent", "<html><head><title>Before you continue to News</title></head><body><p>We use cookies and data to</p>"
     "<form action='https://consent.news.test/save'><button>Accept all</button></form></body></html>"),
]  # fmt: skip

ARTICLES = [
    f"<html><head><title>Captcha fatigue</title></head><body>{LONG}</body></html>",
    f"<title>Just a moment: a poem</title><body>{LONG}</body>",
    "<html><head><title>Captcha scam</title></head><body><article><p>Police warned.</p></article></body></html>",
    f"<html><body>{LONG}<form action='/comment'><div class='g-recaptcha'></div></form></body></html>",
    "<html><head><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script></head><body>"
    f"<h1>Forum opens</h1>{LONG}</body></html>",
    "<html><head><title>警方会谈</title></head><body><p>" + "双方就执法合作交换了意见。" * 30 + "</p></body></html>",
    "<html><body><p>Short.</p></body></html>",
    f"<title>Cookie recipes</title>{LONG}<form action='/search'></form>",
    "",
]


@pytest.mark.parametrize(("product", "html"), OBSTACLES)
def test_recognised(product: str, html: str) -> None:
    assert product in (challenge(200, HTML, html.encode()) or "nothing")


@pytest.mark.parametrize("html", ARTICLES)
def test_articles_pass(html: str) -> None:
    assert challenge(200, HTML, html.encode()) is None


def test_headers_speak_for_themselves() -> None:
    assert challenge(403, HTML | {"cf-mitigated": "challenge"}, b"") == "Cloudflare challenge"
    assert challenge(202, HTML | {"x-amzn-waf-action": "challenge"}, b"") == "AWS WAF challenge"


def test_what_is_no_html_is_no_challenge() -> None:
    body = b"<?xml version='1.0'?><rss><channel><title>Just a moment...</title></channel></rss>"
    assert challenge(200, {"content-type": "application/rss+xml"}, body) is None
    assert challenge(200, {"content-type": "application/pdf"}, b"%PDF captcha") is None
    assert challenge(301, HTML, b"<title>Just a moment...</title>") is None


def test_a_page_in_place_of_a_feed_is_recognised() -> None:
    body = b"<!DOCTYPE html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
    assert challenge(200, {"content-type": "application/rss+xml"}, body) == "Cloudflare challenge"


def test_other_encodings() -> None:
    body = "<html><head><title>安全验证</title></head><body>请</body></html>".encode("gbk")
    assert challenge(200, {"content-type": "text/html; charset=gbk"}, body) == "captcha page"
