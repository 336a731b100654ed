"""The search index on Elasticsearch 8, for the distributed engines: `pipeline.ports.SearchIndex` behind aliases.

Every document is written with its row version as external version, so that an older write never wins, whichever worker
sends it; deleted documents stay as tombstones that the aliases do not show. What a query means is decided in
`pipeline.query` and `pipeline.searchable`, as for SQLite; no analyzer, script or module of the full distribution is needed.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from elastic_transport import ConnectionError as Unreachable
from elastic_transport import ObjectApiResponse, TlsError, TransportError
from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    Elasticsearch,
    OrjsonSerializer,
    helpers,
)

from pipeline.adapters import search_mappings as mappings
from pipeline.adapters.cursors import cursor, cursor_parts
from pipeline.adapters.search_body import ORDERS, asking, counting, milliseconds
from pipeline.errors import SearchError, UsageError
from pipeline.highlight import passages
from pipeline.normalise import token_text
from pipeline.query import Text
from pipeline.records import Refusal, SearchDocument, SearchHit
from pipeline.searchable import WRITTEN, Kind, Sort, check_count, columns, read_question, texts, times, values

PAGE_MINUTES = 2  # how long a search's next page still shows the index as the first page saw it
BUSY = 429
VIEW_SECONDS = 1.0  # for which later searches share a view: the server shows what is new no more often
LOST = (404, 503)  # a view whose time is over; an index version that was replaced
WHOLE: Mapping[str, Any] = {"allow_partial_search_results": False}  # an error rather than a part that looks like all
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each new try of what the server is too busy for
SENDERS = 4  # requests under way at once while documents are written
CHUNKS = (50, 250)  # documents of one request: a batch is cut for all senders, and each request is synced to disk
CHUNK_BYTES = 10 * 1024 * 1024  # of one request; twice as many as there are senders are held at most
CANDIDATES = 10  # times the answers asked for, and 200 at least: what HNSW looks at; recall@10 is then above 0.95
OVERSAMPLE = 3.0  # times the answers, weighed again by the exact vectors


@dataclass(frozen=True, slots=True)
class ElasticAddress:
    """Where the server is and how we say who we are. Secrets are in no repr."""

    url: str
    prefix: str = "beatwatch"
    ca_file: str | None = None
    user: str | None = None
    secret: str | None = None
    """Password of `user`, or without one an API key."""

    def __post_init__(self) -> None:
        """Raises `UsageError` where no request could be made; it never shows what may be a secret."""
        told = urlsplit(self.url)
        if told.username is not None or told.password is not None:
            raise UsageError(
                "BEATWATCH_ELASTICSEARCH: it holds a user or a password: give these in BEATWATCH_ELASTICSEARCH_USER"
                " and BEATWATCH_ELASTICSEARCH_SECRET"
            )
        if told.scheme not in ("http", "https") or not told.hostname:
            raise UsageError(f"BEATWATCH_ELASTICSEARCH: {self.url!r} is no address: write it as https://host:9200")
        if self.ca_file is not None and told.scheme != "https":
            raise UsageError(
                f"BEATWATCH_ELASTICSEARCH_CA: {self.url} is not encrypted: write https://, or leave it out"
            )
        if self.ca_file is not None and not Path(self.ca_file).is_file():
            raise UsageError(f"BEATWATCH_ELASTICSEARCH_CA: {self.ca_file}: there is no such file")

    def __repr__(self) -> str:
        return f"ElasticAddress({self.url!r}, {self.prefix!r})"


class ElasticIndex:
    """`pipeline.ports.SearchIndex` on a cluster; it connects when it is first used."""

    def __init__(self, address: ElasticAddress) -> None:
        """No request is made yet: a run begins, gathers and codes while the server is away."""
        self.address = address
        self._connected: Elasticsearch | None = None
        self._lengths: dict[str, set[int]] = {}
        self._views: dict[Kind, tuple[float, str]] = {}

    @property
    def _client(self) -> Elasticsearch:
        """The client, at first use with templates put and missing indices made. Only within `_translated`."""
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def _connect(self, *, any_layout: bool = False) -> Elasticsearch:
        client = client_of(self.address)
        try:
            prefix = self.address.prefix
            client.cluster.put_component_template(name=prefix, **mappings.component_template())
            client.indices.put_index_template(name=prefix, **mappings.index_template(prefix))
            for kind in mappings.KINDS:
                name = mappings.alias(prefix, kind)
                if not client.indices.exists_alias(name=name):
                    self._make(client, kind, mappings.version_name(prefix, kind, 1), shown=True)
                if not any_layout:
                    self._check_layout(client, name)
        except BaseException:
            client.close()
            raise
        return client

    def _make(self, client: Elasticsearch, kind: Kind, name: str, *, shown: bool) -> None:
        alias = {mappings.alias(self.address.prefix, kind): mappings.SHOWN}
        made = client.options(ignore_status=400).indices.create(index=name, aliases=alias if shown else {})
        if made.meta.status == 400 and made.body["error"]["type"] != "resource_already_exists_exception":
            raise SearchError(f"{self._place}: {name}: {made.body['error']['reason']}")

    def _check_layout(self, client: Elasticsearch, name: str) -> None:
        for index, held in client.indices.get_mapping(index=name).items():
            layout = held["mappings"].get("_meta", {}).get("layout")
            if layout != mappings.LAYOUT:
                raise SearchError(
                    f"{self._place}: {index} has layout {layout}, this version makes {mappings.LAYOUT}:"
                    " run `beatwatch reindex`"
                )
            fields = held["mappings"]["properties"]["vectors"].get("properties", {})
            self._lengths[name] = {field["dims"] for field in fields.values()}

    # --- writing
    @property
    def kinds(self) -> Collection[Kind]:
        """All."""
        return mappings.KINDS

    def write(self, documents: Sequence[SearchDocument]) -> list[Refusal]:
        """Insert, replace or delete; what the server refuses for good is returned, the rest is written."""
        return self._write(documents, {kind: self._alias(kind) for kind in mappings.KINDS})

    def _write(self, documents: Sequence[SearchDocument], targets: Mapping[Kind, str]) -> list[Refusal]:
        with self._translated():
            for document in documents:
                if (vector := _vector(document)) is not None:
                    self._learn(targets[document.kind], len(vector))
            return self._send(documents, targets)

    def _send(self, documents: Sequence[SearchDocument], targets: Mapping[Kind, str]) -> list[Refusal]:
        """Write them, those that the server was too busy for again after each pause."""
        refused: list[Refusal] = []
        for pause in (*PAUSES, None):
            busy: list[SearchDocument] = []
            for document, answer in self._sent(documents, targets):
                if pause is not None and answer["status"] == BUSY:
                    busy.append(document)
                elif reason := _refused(answer):
                    refused.append(Refusal(document.kind, document.id, document.row_version, reason))
            if not busy or pause is None:
                break
            time.sleep(pause)
            documents = busy
        return refused

    def _sent(
        self, documents: Sequence[SearchDocument], targets: Mapping[Kind, str]
    ) -> Iterator[tuple[SearchDocument, dict[str, Any]]]:
        """Each document with the server's answer, in their order, which the helper keeps. Bodies are made while others are
        on their way."""
        fewest, most = CHUNKS
        told = helpers.parallel_bulk(
            self._client.options(retry_on_status=(502, 503, 504)),
            (action(one, targets[one.kind]) for one in documents),
            thread_count=SENDERS,
            queue_size=SENDERS,
            chunk_size=min(most, max(fewest, len(documents) // SENDERS)),
            max_chunk_bytes=CHUNK_BYTES,
            raise_on_error=False,
            raise_on_exception=False,
            filter_path=["items.*.status", "items.*.error"],
        )
        for document, (_, answer) in zip(documents, told, strict=True):
            yield document, answer["index"]

    def _learn(self, target: str, length: int) -> None:
        """Make a field for vectors of this length, at the first one."""
        if length not in self._lengths.setdefault(target, set()):
            self._client.indices.put_mapping(index=target, **mappings.vector_mapping(length))
            self._lengths[target].add(length)

    def refresh(self) -> None:
        """Make everything written visible to `search`."""
        self._views.clear()
        with self._translated():
            self._client.indices.refresh(index=",".join(map(self._alias, mappings.KINDS)))

    def scrub(self) -> bool:
        """The server drops deleted documents from its files when it next merges them; no answer shows one."""
        return True

    def rebuild(self, batches: Iterable[Sequence[SearchDocument]]) -> list[Refusal]:
        """New versions of the indices are filled while the aliases show the old ones, then all aliases turn at once.
        Indices of another layout may be replaced in this way."""
        refused: list[Refusal] = []
        with self._translated():
            if self._connected is None:
                self._connected = self._connect(any_layout=True)
            fresh = self._fresh()
        for documents in batches:
            refused += self._write(documents, fresh)
        self._views.clear()
        with self._translated():
            self._swap(fresh)
        return refused

    def _fresh(self) -> dict[Kind, str]:
        """New, empty versions that no alias shows yet."""
        names: dict[Kind, str] = {}
        for kind in mappings.KINDS:
            number = 1 + max(map(mappings.version_number, self._versions(kind)), default=0)
            names[kind] = mappings.version_name(self.address.prefix, kind, number)
            self._make(self._client, kind, names[kind], shown=False)
        return names

    def _versions(self, kind: Kind) -> list[str]:
        return sorted(self._client.indices.get(index=f"{self._alias(kind)}-*", features="aliases"))

    def _swap(self, fresh: Mapping[Kind, str]) -> None:
        """Turn every alias to its new version in one step, then drop all others: the old one, and what a rebuild that
        was killed left behind."""
        self._client.indices.refresh(index=",".join(fresh.values()))
        actions: list[dict[str, Any]] = []
        for kind, name in fresh.items():
            alias = self._alias(kind)
            actions.append({"remove": {"index": f"{alias}-*", "alias": alias, "must_exist": False}})
            actions.append({"add": {"index": name, "alias": alias, **mappings.SHOWN}})
            self._lengths[alias] = self._lengths.pop(name, set())
        self._client.indices.update_aliases(actions=actions)
        for kind, name in fresh.items():
            for old in self._versions(kind):
                if old != name:
                    self._client.indices.delete(index=old)

    # --- searching
    def search(
        self,
        query: str,
        *,
        kind: Kind = "article",
        filters: Mapping[str, str | Sequence[str]] | None = None,
        sort: Sort = "score",
        limit: int = 20,
        after: str | None = None,
    ) -> tuple[list[SearchHit], str | None]:
        """Answers and the cursor of the next page. Without words to score every answer has the score 0."""
        whole, wanted = read_question(query, filters, kind)
        place, view = None, None
        if after is not None:
            place, view = cursor_parts(after, sort, lambda place, _: len(place) == len(ORDERS[sort]))
        body: dict[str, Any] = {
            "query": asking(whole, wanted), "sort": ORDERS[sort], "size": limit + 1, "track_scores": True,
            "track_total_hits": False,
        }  # fmt: skip
        if place is not None:
            body["search_after"] = place
        with self._translated():
            found, view = self._page(kind, body, view)
            hits = [_hit(one, kind, wanted) for one in found[:limit]]
            if len(found) <= limit:
                return hits, None
            return hits, cursor(sort, found[limit - 1]["sort"], view or self._view(kind))

    def _page(self, kind: Kind, body: Mapping[str, Any], view: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """One page, of the view that an earlier page opened while that is kept, else of the index as it is now."""
        if view is not None:
            pit = {"id": view, "keep_alive": f"{PAGE_MINUTES}m"}
            try:
                answer = self._client.options(retry_on_status=()).search(pit=pit, **body, **WHOLE)
            except ApiError as error:
                if error.meta.status not in LOST:
                    raise
            else:
                return answer["hits"]["hits"], answer["pit_id"]
        return self._ask(kind, body)["hits"]["hits"], None

    def _ask(self, kind: Kind, body: Mapping[str, Any]) -> ObjectApiResponse[Any]:
        """The answer of the index as it is now. If it was replaced between the question and the answer, the alias
        stands on its successor, which is asked."""
        try:
            return self._client.search(index=self._alias(kind), **body, **WHOLE)
        except ApiError as error:
            if error.meta.status not in LOST:
                raise
        return self._client.search(index=self._alias(kind), **body, **WHOLE)

    def _view(self, kind: Kind) -> str:
        """The view of the next pages: one for all searches of a second, left to its keep-alive, for opening one costs as
        much as a small search."""
        opened, view = self._views.get(kind, (-VIEW_SECONDS, ""))
        if time.monotonic() - opened >= VIEW_SECONDS:
            answer = self._client.open_point_in_time(index=self._alias(kind), keep_alive=f"{PAGE_MINUTES}m")
            view = str(answer["id"])
            self._views[kind] = (time.monotonic(), view)
        return view

    def counts(
        self, query: str, by: str, *, kind: Kind = "article", filters: Mapping[str, str | Sequence[str]] | None = None
    ) -> dict[str, int]:
        """How many answers have each value."""
        whole, _ = read_question(query, filters, kind)
        check_count(by, kind)
        with self._translated():
            found = self._ask(kind, counting(whole, by))["aggregations"]["by"]["buckets"]
        return {str(one.get("key_as_string", one["key"])): int(one["doc_count"]) for one in found}

    def nearest(
        self, vector: Sequence[float], *, kind: Literal["article", "story"] = "article", limit: int = 10
    ) -> list[SearchHit]:
        """By cosine, among the documents whose vectors have as many dimensions; HNSW finds them, not every one."""
        with self._translated():
            if not (any(vector) and self._has(kind, len(vector))):
                return []
            answer = self._ask(kind, {"knn": nearest_to(vector, limit), "size": limit})
        # The server's score is (1 + cosine) / 2, for it may not be negative.
        return [_hit({**one, "_score": 2 * one["_score"] - 1}, kind, ()) for one in answer["hits"]["hits"]]

    def ask(self, kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        """The server's own answer to a request in its own language, over the documents that are not deleted."""
        with self._translated():
            return dict(self._client.search(index=self._alias(kind), **body))

    def _has(self, kind: Kind, length: int) -> bool:
        """Whether there are vectors of this length; another process may have brought the first ones."""
        client, name = self._client, self._alias(kind)
        if length not in self._lengths[name]:
            self._check_layout(client, name)
        return length in self._lengths[name]

    def count(self, kind: Kind) -> int:
        """Documents that are not deleted."""
        with self._translated():
            return int(self._ask(kind, {"size": 0, "track_total_hits": True})["hits"]["total"]["value"])

    def close(self) -> None:
        """Release connections."""
        if self._connected is not None:
            self._connected.close()

    # --- where we are
    def _alias(self, kind: Kind) -> str:
        return mappings.alias(self.address.prefix, kind)

    @property
    def _place(self) -> str:
        return self.address.url

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self._place)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """No exception of the client leaves this block."""
    try:
        yield
    except (ApiError, TransportError) as error:
        raise SearchError(f"{place}: search index: {_explained(error)}") from error


def _explained(error: ApiError | TransportError) -> str:
    """What happened, and what to do where that is known."""
    if isinstance(error, AuthenticationException | AuthorizationException):
        return (
            f"it refuses us ({error.meta.status}): check the API key, or user and password"
            " (BEATWATCH_ELASTICSEARCH_SECRET, BEATWATCH_ELASTICSEARCH_USER)"
        )
    if isinstance(error, ApiError):
        return f"{error.meta.status}: {_reason(error.body)}"
    told = str(error.message).splitlines()[0]
    if isinstance(error, TlsError):
        return f"{told}: check BEATWATCH_ELASTICSEARCH{'' if 'mismatch' in told else '_CA'}"
    return f"it does not answer ({told})" if isinstance(error, Unreachable) else told


def client_of(address: ElasticAddress) -> Elasticsearch:
    """A client; no request is made yet."""
    known: dict[str, Any] = {}
    if address.user is not None:
        known["basic_auth"] = (address.user, address.secret or "")
    elif address.secret is not None:
        known["api_key"] = address.secret
    if address.ca_file is not None:
        known["ca_certs"] = address.ca_file
    return Elasticsearch(
        address.url, request_timeout=30, max_retries=2, retry_on_timeout=True, serializer=OrjsonSerializer(), **known
    )


def nearest_to(vector: Sequence[float], limit: int) -> dict[str, Any]:
    """The kNN part of a request."""
    return {
        "field": mappings.vector_field(len(vector)), "query_vector": list(vector), "k": limit,
        "num_candidates": min(10_000, max(200, CANDIDATES * limit)), "filter": mappings.VISIBLE,
        "rescore_vector": {"oversample": OVERSAMPLE},
    }  # fmt: skip


def action(document: SearchDocument, target: str) -> dict[str, Any]:
    """What the client's bulk helpers take of a document."""
    return {
        "_op_type": "index", "_index": target, "_id": document.id, "version": document.row_version,
        "version_type": "external_gte", "_source": _source(document),
    }  # fmt: skip


def _source(document: SearchDocument) -> dict[str, Any]:
    held: dict[str, Any] = {"id": document.id, "row_version": document.row_version, "deleted": document.deleted}
    if document.deleted:
        return {**held, "order": 0}
    time, first, last = times(document)
    headline, body = texts(document)
    for field, value in values(document):
        held.setdefault(field, []).append(value)
    for name, seconds in (("time", time), ("first_published", first), ("last_published", last)):
        if seconds is not None:
            held[name] = milliseconds(seconds)
    held["order"] = round((time or 0.0) * 1_000_000)
    held["words"] = {"headline": token_text(headline), "body": token_text(body)}
    apart = {name: slot for slot, name in _slots(document.kind) if isinstance(document.fields.get(name), str)}
    held |= {slot: document.fields[name] for name, slot in apart.items()}
    held |= columns(document)
    held["shown"] = {name: value for name, value in document.fields.items() if name not in apart}
    if (vector := _vector(document)) is not None:
        held["vectors"] = {mappings.vector_name(len(vector)): vector}
    return held


@cache
def _slots(kind: Kind) -> list[tuple[str, str]]:
    """(field of the index, field of the document) of what is text for people."""
    pairs = zip(("headline", "body"), WRITTEN[kind], strict=True)
    return [(slot, name) for slot, name in pairs if name is not None]


def _vector(document: SearchDocument) -> tuple[float, ...] | None:
    """None where there is none, or one of no direction, which has no cosine."""
    if document.deleted or document.vector is None or not any(document.vector):
        return None
    return document.vector


def _refused(answer: Mapping[str, Any]) -> str | None:
    """Why a document was not written; None where a newer one is there already. Raises `SearchError` where the server,
    not the document, is at fault."""
    if answer["status"] in (200, 201, 409):
        return None
    if isinstance(whole := answer.get("exception"), ApiError):  # of the request, whatever it held
        raise whole
    reason = _reason(answer)
    if answer["status"] == BUSY or answer["status"] >= 500:
        raise SearchError(f"search index: {answer['status']}: {reason}")
    return reason


def _reason(body: Any) -> str:
    """The innermost cause that the server names."""
    error = body.get("error", body) if isinstance(body, dict) else body
    while isinstance(error, dict) and isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
    return str(error.get("reason", error)) if isinstance(error, dict) else str(error)


def _hit(found: Mapping[str, Any], kind: Kind, wanted: Sequence[Text]) -> SearchHit:
    source = found["_source"]
    written = {name: source[slot] for slot, name in _slots(kind) if slot in source}
    document = SearchDocument(kind, source["id"], source["row_version"], fields=written | source["shown"])
    shown = [passage for slot, _ in _slots(kind) for passage in passages(source.get(slot, ""), wanted)]
    return SearchHit(document, found["_score"] or 0.0, tuple(shown))
