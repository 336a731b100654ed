"""Elasticsearch behind encryption and credentials: who gets in, what is said to whom does not, and that no secret is shown."""

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex
from pipeline.errors import SearchError, UsageError
from pipeline.records import SearchDocument
from tests.gate import Gate, gate

SECRET = "hush-VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw"
ARTICLE = SearchDocument("article", "a", 1, fields={"headline": "Police met", "text": "They met."})


@pytest.fixture
def guarded(elastic_address: ElasticAddress, tmp_path: Path) -> Iterator[tuple[Gate, ElasticAddress]]:
    """A gate that asks for an API key, and the address with what gets us in."""
    with gate(elastic_address.url, tmp_path, f"ApiKey {SECRET}") as (opened, authority):
        yield opened, ElasticAddress(opened.url, elastic_address.prefix, str(authority), secret=SECRET)


def refused(address: ElasticAddress) -> str:
    """What is said when the index cannot be used: one line, without the secret."""
    index = ElasticIndex(address)
    with pytest.raises(SearchError) as told:
        index.write([ARTICLE])
    index.close()
    assert "\n" not in str(told.value)
    assert_hidden(repr(told.value), repr(address), str(address))
    return str(told.value)


def assert_hidden(*shown: str) -> None:
    """Neither the secret nor what stands for it on the wire."""
    for text in shown:
        for secret in (SECRET, base64.b64encode(f"desk:{SECRET}".encode()).decode()):
            assert secret not in text


@pytest.mark.server
def test_a_key_and_the_authority_get_us_in(guarded: tuple[Gate, ElasticAddress]) -> None:
    index = ElasticIndex(guarded[1])
    index.write([ARTICLE])
    index.refresh()
    assert [hit.document for hit in index.search("police")[0]] == [ARTICLE]
    index.close()


@pytest.mark.server
def test_a_user_and_a_password_get_us_in(guarded: tuple[Gate, ElasticAddress]) -> None:
    opened, address = guarded
    opened.authorization = "Basic " + base64.b64encode(f"desk:{SECRET}".encode()).decode()
    index = ElasticIndex(replace(address, user="desk"))
    index.refresh()
    assert index.count("article") == 0
    index.close()


@pytest.mark.server
def test_a_wrong_key_is_said_to_be_refused(guarded: tuple[Gate, ElasticAddress]) -> None:
    opened, address = guarded
    opened.authorization = "ApiKey another"
    assert refused(address) == (
        f"{opened.url}: search index: it refuses us (401): check the API key, or user and password"
        " (BEATWATCH_ELASTICSEARCH_SECRET, BEATWATCH_ELASTICSEARCH_USER)"
    )
    assert "it refuses us (401)" in refused(replace(address, user="desk"))
    assert "it refuses us (401)" in refused(replace(address, secret=None))


@pytest.mark.server
def test_a_key_that_is_withdrawn_refuses_no_document(guarded: tuple[Gate, ElasticAddress]) -> None:
    """What waits stays in the outbox: none of it is at fault."""
    opened, address = guarded
    index = ElasticIndex(address)
    index.write([ARTICLE])
    opened.authorization = "ApiKey another"
    with pytest.raises(SearchError, match="it refuses us"):
        index.write([ARTICLE])
    index.close()


@pytest.mark.server
@pytest.mark.parametrize("authority", ["another", "the system's", "no certificate"])
def test_an_authority_that_did_not_sign_is_named(
    guarded: tuple[Gate, ElasticAddress], tmp_path: Path, authority: str
) -> None:
    opened, address = guarded
    file = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(file)
    if authority == "no certificate":
        file.write_text("nothing of the kind")
    told = refused(replace(address, ca_file=None if authority == "the system's" else str(file)))
    assert told.startswith(f"{opened.url}: search index: ")
    assert told.endswith(": check BEATWATCH_ELASTICSEARCH_CA")


@pytest.mark.server
def test_an_address_that_the_certificate_does_not_name_is_at_fault_itself(guarded: tuple[Gate, ElasticAddress]) -> None:
    opened, address = guarded
    told = refused(replace(address, url=opened.url.replace("127.0.0.1", "localhost")))
    assert "Hostname mismatch" in told
    assert told.endswith(": check BEATWATCH_ELASTICSEARCH")


@pytest.mark.server
def test_no_log_holds_the_secret(guarded: tuple[Gate, ElasticAddress], caplog: pytest.LogCaptureFixture) -> None:
    """Not even the client's own, with everything that it can tell."""
    opened, address = guarded
    node = logging.getLogger("elastic_transport.node")  # it tells every request, and keeps that to itself
    with caplog.at_level(logging.DEBUG):
        node.addHandler(caplog.handler)
        node.setLevel(logging.DEBUG)
        try:
            for user in (None, "desk"):
                ElasticIndex(replace(address, user=user, prefix="test-nothing")).close()
                index = ElasticIndex(replace(address, user=user))
                if user is None:
                    index.write([ARTICLE])
                    opened.authorization = "ApiKey another"
                with pytest.raises(SearchError):
                    index.refresh()
                index.close()
        finally:
            node.removeHandler(caplog.handler)
            node.setLevel(logging.NOTSET)
    told = "\n".join(caplog.handler.format(record) for record in caplog.records)
    assert "Authorization" in told  # the log does tell the requests
    assert_hidden(told)


@pytest.mark.server
def test_what_the_server_is_too_busy_for_is_tried_again(guarded: tuple[Gate, ElasticAddress]) -> None:
    opened, address = guarded
    index = ElasticIndex(address)
    index.refresh()
    opened.refusing += [("/_bulk", 429)] * 2
    documents = [replace(ARTICLE, id=f"{n}") for n in range(250)]
    assert index.write(documents) == []
    assert opened.refusing == []
    index.refresh()
    assert index.count("article") == 250
    index.close()


@pytest.mark.server
@pytest.mark.parametrize("status", [404, 503])
def test_an_index_that_is_replaced_between_question_and_answer_is_asked_for_again(
    guarded: tuple[Gate, ElasticAddress], status: int
) -> None:
    opened, address = guarded
    index = ElasticIndex(address)
    index.write([ARTICLE])
    index.refresh()
    for _ in range(2):
        opened.refusing.append((f"/{address.prefix}-article/_search", status))
        assert index.count("article") == 1
        assert opened.refusing == []
    opened.refusing += [(f"/{address.prefix}-article/_search", 400)]
    with pytest.raises(SearchError, match="400: the gate was told"):
        index.search("police")
    index.close()


@pytest.mark.parametrize(
    ("url", "ca_file", "told"),
    [
        (f"https://desk:{SECRET}@host:9200", None, "it holds a user or a password"),
        (f"https://{SECRET}@host:9200", None, "it holds a user or a password"),
        ("host:9200", None, "write it as https://host:9200"),
        ("ftp://host:9200", None, "write it as https://host:9200"),
        ("https://", None, "write it as https://host:9200"),
        ("http://host:9200", "ca.pem", "is not encrypted"),
        ("https://host:9200", "/nowhere/ca.pem", "/nowhere/ca.pem: there is no such file"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(url: str, ca_file: str | None, told: str) -> None:
    with pytest.raises(UsageError, match=r"^BEATWATCH_ELASTICSEARCH") as error:
        ElasticAddress(url, ca_file=ca_file, secret=SECRET)
    assert told in str(error.value)
    assert_hidden(str(error.value))
