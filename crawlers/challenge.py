"""Pages that stand in the way of an article and answer as if they were it: challenges, captchas, consent walls.

Most come with status 200; read as articles they are the empty texts that make a source fall silent unnoticed. The rules
want little visible text and a mark in the page's machinery, never a word of its text alone: an article about captchas,
or one with a comment form, is an article. Marks were collected from pages of the products named in the reasons.
"""

import re
from collections.abc import Mapping

from w3lib.encoding import html_to_unicode

_HTML_STARTS = (b"<!doctype html", b"<html", b"<script")
_READ = 200_000  # bytes; these pages are small
_HIDDEN = re.compile(r"<(script|style|noscript|template|svg|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?-->", re.S | re.I)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.S | re.I)
_TAG = re.compile(r"<[^>]*>")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ARTICLE = re.compile(r"<article\b|og:type[\"']\s+content=[\"']article|\"@type\"\s*:\s*\"\w*Article\"", re.I)

_CLOUDFLARE = re.compile(r"_cf_chl_opt|cf-browser-verification|id=[\"']challenge-(?:form|running|error-text)", re.I)
_CLOUDFLARE_TITLE = re.compile(r"\s*(?:just a moment|attention required! \| cloudflare|please wait\W+cloudflare)", re.I)
_COOKIE_SCRIPT = re.compile(
    r"__jsl_clearance|__jsluid|acw_sc__v2|_Incapsula_Resource|sucuri_cloudproxy_js|slowAES|/_guard/|ddos-guard|"
    r"EO_Bot_Ssid|probe\.js\?|\$_ts\b",
    re.I,
)
_SETS_COOKIE_AND_RELOADS = re.compile(
    r"document\.cookie\s*=.*?location\s*(?:\.\s*(?:reload|replace|assign|href)|=)", re.S
)
_CAPTCHA = re.compile(
    r"captcha-delivery\.com|px-captcha|(?:class|id)=[\"'][^\"']*(?:g-recaptcha|h-captcha|cf-turnstile|geetest)|"
    r"TencentCaptcha|initGeetest|awsWafCaptcha|(?:action|src)=[\"'][^\"']*captcha",
    re.I,
)
_CAPTCHA_TITLE = re.compile(
    r"captcha|are you (?:a )?(?:human|robot)|not a robot|human verification|security (?:check|verification)|"
    r"人机验证|安全验证|访问验证|滑动验证|人機驗證|安全驗證|проверка, что вы не робот",
    re.I,
)
_CONSENT_TITLE = re.compile(
    r"before you continue|your privacy|privacy (?:settings|choices|policy)|cookie|consent|datenschutz|"
    r"avant de continuer|antes de continuar",
    re.I,
)
_CONSENT_FORM = re.compile(r"<form\b[^>]*action=[\"'][^\"']*(?:consent|cookie|privacy)", re.I)


def challenge(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """What stands in the way ("Cloudflare challenge"), or None. Header names are lower case; the status is no proof
    either way (challenges come with 200, 202, 403 and 503) except that a redirect is never one."""
    if 300 <= status < 400:
        return None
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "Cloudflare challenge"
    if headers.get("x-amzn-waf-action", "").lower() in ("challenge", "captcha"):
        return "AWS WAF challenge"
    if not _is_html(headers, body):
        return None
    html = html_to_unicode(headers.get("content-type"), body[:_READ])[1]
    return _by_page(html, _title(html), _visible_length(html))


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    start = body[:500].lstrip().lower()
    if start.startswith((b"<?xml", b"<rss", b"<feed", b"{")) and b"<html" not in start:
        return False
    return "html" in headers.get("content-type", "html").lower() or start.startswith(_HTML_STARTS)


def _title(html: str) -> str:
    match = _TITLE.search(html)
    return match.group(1).strip() if match else ""


def _visible_length(html: str) -> int:
    """Characters that a reader sees; a Chinese, Japanese or Korean one counts three, as it says as much."""
    text = re.sub(r"\s+", " ", _TAG.sub(" ", _HIDDEN.sub(" ", html))).strip()
    return len(text) + 2 * len(_WIDE.findall(text))


def _by_page(html: str, title: str, length: int) -> str | None:
    if length < 1500 and (_CLOUDFLARE.search(html) or _CLOUDFLARE_TITLE.match(title)):
        return "Cloudflare challenge"
    if length < 300 and _COOKIE_SCRIPT.search(html):
        return "challenge that sets a cookie by script"
    if length < 120 and _SETS_COOKIE_AND_RELOADS.search(html):
        return "challenge that sets a cookie by script"
    if _ARTICLE.search(html):
        return None
    if length < 1000 and _CAPTCHA.search(html) and (_CAPTCHA_TITLE.search(title) or length < 400):
        return "captcha page"
    if length < 400 and _CAPTCHA_TITLE.search(title):
        return "captcha page"
    if length < 6000 and _CONSENT_TITLE.search(title) and _CONSENT_FORM.search(html):
        return "consent wall"
    return None
