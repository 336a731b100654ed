"""Sources and the fetch log: what was asked, what is known of each address, which bodies came, which pages vanished."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa

from pipeline.adapters.schema import (
    addresses,
    article_addresses,
    articles,
    bodies,
    fetches,
    revisions,
    runs,
    sources,
    stage_results,
    takedown_addresses,
    takedowns,
)
from pipeline.adapters.state.database import Database
from pipeline.adapters.state.documents import FETCH_VERSION
from pipeline.adapters.state.rows import body_row, fetch_of, fetch_row
from pipeline.adapters.state.writing import Row, Writing, chunks
from pipeline.errors import StateError
from pipeline.payloads import plain, record
from pipeline.records import Fetch, FetchOutcome, Known, Source, digest128

REVISIT_DAYS = 30  # publishers edit a story in its first days; after a month a change is rare and a visit wasted


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Gathering(Database):
    """Sources and fetches of `pipeline.ports.State`."""

    def register_sources(self, sources_: Sequence[Source]) -> None:
        """Insert or update what the files say; articles show their source's name and kind, so they change with it."""
        rows = [
            {
                "id": source.id,
                "facts": plain(source),
                "rules_fingerprint": source.rules_fingerprint,
                "baseline_at": source.baseline_at,
            }
            for source in sources_
        ]
        with self.writing() as writing:
            before = writing.existing(sources, rows)
            written = writing.put(sources, rows)
            shown = [row["id"] for row in written if _shown(before.get((row["id"],))) != _shown(row)]
            writing.changed_sources(shown)
            for chunk in chunks(id_ for id_ in shown if (id_,) in before):
                of_these = sa.select(articles.c.id).where(articles.c.source_id.in_(chunk))
                writing.changed_articles(writing.connection.scalars(of_these))

    def sources(self) -> list[Source]:
        """What the files last said."""
        with self.reading() as connection:
            facts = connection.scalars(sa.select(sources.c.facts).order_by(sources.c.id)).all()
        return [record(Source, told) for told in facts]

    def known_addresses(self, source_ids: Sequence[str], now: datetime) -> list[Known]:
        """The newest fetch of every address of these sources; what was taken down counts as read."""
        watched = (
            articles.c.relevant
            & articles.c.vanished_at.is_(None)
            & (articles.c.first_seen >= now - timedelta(days=REVISIT_DAYS))
            & (addresses.c.at < now)
        )
        joined = addresses.outerjoin(article_addresses, article_addresses.c.url_key == addresses.c.url_key)
        joined = joined.outerjoin(articles, articles.c.id == article_addresses.c.article_id)
        query = sa.select(addresses, sa.func.coalesce(watched, sa.false()).label("revisit")).select_from(joined)
        found = []
        with self.reading() as connection:
            for chunk in chunks(sorted(set(source_ids))):
                chosen = query.where(addresses.c.source_id.in_(chunk))
                for row in connection.execute(chosen.order_by(addresses.c.source_id, addresses.c.url_key)):
                    known = (row.url, row.etag, row.last_modified, row.sha256, row.at, FetchOutcome(row.outcome))
                    found.append(Known(*known, revisit=bool(row.revisit)))
            gone = sa.select(takedown_addresses.c.url, takedowns.c.at).join(takedowns)
            away = dict(connection.execute(gone.order_by(takedown_addresses.c.url)).all())
        settled = [Known(url, None, None, None, at, FetchOutcome.FETCHED) for url, at in away.items()]
        return [known for known in found if known.url not in away] + settled

    def host_waits(self, now: datetime) -> dict[str, datetime]:
        """Hosts that asked to wait beyond `now`: their newest word counts, which may be an earlier time."""
        asked = fetches.c.outcome == FetchOutcome.RATE_LIMITED.value, fetches.c.retry_at.is_not(None)
        hosts = sa.select(fetches.c.host).where(*asked, fetches.c.retry_at > now)
        said = sa.select(fetches.c.host, fetches.c.retry_at).where(*asked, fetches.c.host.in_(hosts))
        with self.reading() as connection:
            rows = connection.execute(said.order_by(fetches.c.at, fetches.c.number)).all()
        newest = dict(rows)
        return {host: at for host, at in newest.items() if at > now}

    def record_fetches(self, run_id: str, batch: Sequence[Fetch]) -> None:
        """Append to the log. Only rows that are new have effects, so that an old batch cannot undo later ones."""
        with self.writing() as writing:
            known = _registered(writing, batch)
            new = _append(writing, run_id, batch)
            writing.changed_sources({fetch.source_id for fetch in new})
            _note_first_fetches(writing, new, known)
            _note_addresses(writing, new)
            found = [body_row(fetch, fetch.archived) for fetch in new if _brought_page(fetch) and fetch.archived]
            writing.add(bodies, found)
            _reopen(writing, found)
            for fetch in new:
                if fetch.kind == "page":
                    _follow(writing, fetch)

    def fetches(
        self, *, url: str | None = None, source_id: str | None = None, round_id: str | None = None
    ) -> list[Fetch]:
        """Rows of the log, oldest first."""
        query = sa.select(fetches).order_by(fetches.c.at, fetches.c.number)
        if url is not None:
            key = digest128(url)
            query = query.where((fetches.c.url_key == key) | (fetches.c.final_url_key == key))
        if source_id is not None:
            query = query.where(fetches.c.source_id == source_id)
        if round_id is not None:
            query = query.where(fetches.c.run_id.in_(sa.select(runs.c.id).where(runs.c.round_id == round_id)))
        with self.reading() as connection:
            return [fetch_of(row) for row in connection.execute(query)]

    def baselines(self) -> dict[str, datetime]:
        """For each source that was fetched: from when on it brings news."""
        since = sa.func.coalesce(sources.c.baseline_at, sources.c.first_fetch_at, type_=sources.c.first_fetch_at.type)
        query = sa.select(sources.c.id, since).where(sources.c.first_fetch_at.is_not(None))
        with self.reading() as connection:
            return dict(connection.execute(query.order_by(sources.c.id)).all())


def _shown(row: Row | None) -> list[object] | None:
    return [row["facts"][name] for name in ("name", "kind", "country", "home", "languages")] if row else None


def _brought_page(fetch: Fetch) -> bool:
    return fetch.kind == "page" and fetch.outcome is FetchOutcome.FETCHED


def _append(writing: Writing, run_id: str, batch: Sequence[Fetch]) -> list[Fetch]:
    """Write the rows of the log that are not there; returns their fetches, in order."""
    rows: dict[str, tuple[Row, Fetch]] = {}
    for fetch in batch:
        answered = fetch.final_url or fetch.url
        key = digest128(answered, fetch.archived.sha256) if fetch.archived and _brought_page(fetch) else None
        row = fetch_row(run_id, fetch, _host(answered), key)
        rows.setdefault(row["key"], (row, fetch))
    logged: set[str] = set()
    for chunk in chunks(rows):
        logged.update(writing.connection.scalars(sa.select(fetches.c.key).where(fetches.c.key.in_(chunk))))
    new = [pair for key, pair in rows.items() if key not in logged]
    if new:
        writing.connection.execute(sa.insert(fetches), [row for row, _ in new])
        writing.queue(("fetch", row["key"], FETCH_VERSION) for row, _ in new)
    return [fetch for _, fetch in new]


def _registered(writing: Writing, batch: Sequence[Fetch]) -> dict[str, Row]:
    """The rows of the batch's sources; what nobody declared cannot have been asked for."""
    asked = sorted({fetch.source_id for fetch in batch})
    stored = writing.existing(sources, [{"id": source_id} for source_id in asked])
    for source_id in asked:
        if (source_id,) not in stored:
            raise StateError(f"fetches of {source_id!r}: no such source is registered: call register_sources first")
    return {source_id: stored[(source_id,)] for source_id in asked}


def _note_first_fetches(writing: Writing, new: Sequence[Fetch], known: dict[str, Row]) -> None:
    """The first fetch that brought something: a source that could not be reached at first has no baseline yet."""
    for source_id, row in known.items():
        times = [f.at for f in new if f.source_id == source_id and f.outcome is FetchOutcome.FETCHED]
        if times and row["first_fetch_at"] is None:
            writing.put(sources, [{"id": source_id, "first_fetch_at": min(times)}])


def _note_addresses(writing: Writing, new: Sequence[Fetch]) -> None:
    """The newest fetch of each address. What a request without a body does not tell (validators, hash) stays."""
    keys = [{"source_id": fetch.source_id, "url_key": digest128(fetch.url)} for fetch in new]
    known = writing.existing(addresses, keys)
    changed: dict[tuple[str, str], Row] = {}
    for key, fetch in zip(keys, new, strict=True):
        pair = (key["source_id"], key["url_key"])
        before = changed.get(pair) or known.get(pair) or {}
        if before and fetch.at < before["at"]:
            continue
        fresh = fetch.outcome is FetchOutcome.FETCHED
        changed[pair] = {
            **key,
            "url": fetch.url,
            "etag": fetch.etag if fresh else fetch.etag or before.get("etag"),
            "last_modified": fetch.last_modified if fresh else fetch.last_modified or before.get("last_modified"),
            "sha256": fetch.archived.sha256 if fetch.archived else before.get("sha256"),
            "at": fetch.at,
            "outcome": fetch.outcome.value,
        }
    writing.put(addresses, list(changed.values()))


def _reopen(writing: Writing, found: Sequence[Row]) -> None:
    """A publisher who goes back to an earlier page, byte for byte, brings a known body: it is due for extraction again,
    unless its article shows it already."""
    stored = writing.existing(bodies, found)
    for row in found:
        if row["fetched_at"] > stored[(row["key"],)]["fetched_at"] and _was_replaced(writing, row["key"]):
            writing.put(bodies, [{"key": row["key"], "fetched_at": row["fetched_at"]}])
            extracted = (stage_results.c.stage == "extract") & (stage_results.c.key == row["key"])
            writing.connection.execute(sa.delete(stage_results).where(extracted))


def _was_replaced(writing: Writing, body_key: str) -> bool:
    """Did the body show a revision, and does it no longer show the current one?"""
    shown = revisions.join(articles, articles.c.id == revisions.c.article_id)
    current = sa.select(revisions.c.number == articles.c.revision).select_from(shown)
    numbers = writing.connection.scalars(current.where(revisions.c.body_key == body_key)).all()
    return bool(numbers) and not any(numbers)


def _follow(writing: Writing, fetch: Fetch) -> None:
    """What a fetch says of an article that is known by its address: further addresses, vanished, back again."""
    final = fetch.final_url or fetch.url
    found = _articles_at(writing, [fetch.url, final])
    if fetch.outcome is FetchOutcome.GONE:
        article_id = found.get(digest128(fetch.url)) or found.get(digest128(final))
        _set_vanished(writing, article_id, fetch.at, gone=True)
    elif fetch.outcome in (FetchOutcome.FETCHED, FetchOutcome.UNCHANGED):
        article_id = found.get(digest128(final)) or found.get(digest128(fetch.url))
        if article_id:
            link_addresses(writing, article_id, [fetch.url, *fetch.redirects, final], fetch.at)
        _set_vanished(writing, article_id, fetch.at, gone=False)


def _articles_at(writing: Writing, urls: Sequence[str]) -> dict[str, str]:
    keys = [digest128(url) for url in urls]
    query = sa.select(article_addresses.c.url_key, article_addresses.c.article_id)
    return dict(writing.connection.execute(query.where(article_addresses.c.url_key.in_(keys))).all())


def _set_vanished(writing: Writing, article_id: str | None, at: datetime, *, gone: bool) -> None:
    if article_id is None:
        return
    stored = writing.existing(articles, [{"id": article_id}])[(article_id,)]
    if gone == (stored["vanished_at"] is not None) or at < (stored["vanished_at"] or stored["body_at"]):
        return
    writing.put(articles, [{"id": article_id, "vanished_at": at if gone else None}])
    writing.changed_articles([article_id])


def asked(writing: Writing, body_key: str) -> list[str]:
    """The addresses that were asked for and redirected to when this body came."""
    query = sa.select(fetches.c.url, fetches.c.redirects).where(fetches.c.body_key == body_key)
    return [url for row in writing.connection.execute(query) for url in (row.url, *row.redirects)]


def link_addresses(writing: Writing, article_id: str, urls: Sequence[str], at: datetime) -> None:
    """Remember which article addresses led to. The newest body decides; a canonical address is its article's own."""
    rows = {}
    for url in urls:
        key = digest128(url)
        rows[key] = {"url_key": key, "url": url, "article_id": article_id, "at": at}
    stored = writing.existing(article_addresses, list(rows.values()))
    writing.put(article_addresses, [row for row in rows.values() if _claims(row, stored.get((row["url_key"],)))])


def _claims(row: Row, stored: Row | None) -> bool:
    if stored is None:
        return True
    if stored["article_id"] == row["article_id"]:
        return bool(row["at"] > stored["at"])
    if row["article_id"] == row["url_key"]:
        return True
    return bool(stored["article_id"] != row["url_key"] and row["at"] > stored["at"])
