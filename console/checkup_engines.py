"""What `beatwatch doctor` looks at beside the installation: the state, the search index that is derived from it, the server
that holds the index, and the mail server, each as the settings in force have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from console.finding import Finding, Level, examine, failed
from console.output import count
from pipeline.errors import BeatwatchError
from pipeline.ports import State
from pipeline.records import DocumentKind
from pipeline.settings import Settings
from pipeline.wiring import has_data, mail_server, opened, opened_state, search_server

if TYPE_CHECKING:
    from pipeline.adapters.search_probe import Server

OLDEST = (8, 18)
"""Elasticsearch weighs vectors again since then."""
TESTED = (8, 19)
Counts = Mapping[DocumentKind, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the state says of itself and of the index."""

    found: str
    documents: Counts
    waiting: int
    refused: int


def engines(settings: Settings, path: Path) -> Iterator[Finding]:
    """State, index and servers. What depends on one that cannot be read is left out."""
    kept, known = None, True
    try:
        kept = _kept(path, settings)
    except BeatwatchError as error:
        yield failed("state", error, "see the message")
        known = False
    else:
        yield Finding("state", "ok", kept.found if kept else "nothing was run here yet")
    if settings.elasticsearch is None:
        yield from _embedded_index(path, settings, kept)
    else:
        yield from _server(settings, kept, known)
    yield examine("mail", "mend the settings `smtp_...`, or the server", lambda: _mail(settings))


def _kept(path: Path, settings: Settings) -> Kept | None:
    if not has_data(path, settings):
        return None
    with opened_state(path, settings=settings) as state:
        return Kept(
            _told(state, settings), state.document_counts(), state.outbox_size(),
            sum(result.stage == "index" for result in state.quarantine()),
        )  # fmt: skip


def _told(state: State, settings: Settings) -> str:
    place = "PostgreSQL" if settings.database else "SQLite"
    run, known = state.newest_run(), state.document_counts()
    held = f"{count(known['article'], 'relevant article')}, {count(known['story'], 'story', 'stories')}"
    return f"{place}, schema {state.schema()}; newest run {run.isoformat() if run else 'none'}; {held}"


def _embedded_index(path: Path, settings: Settings, kept: Kept | None) -> Iterator[Finding]:
    if kept is None:
        return
    try:
        with opened(path, settings=settings) as engines:
            held: Counts = {kind: engines.index.count(kind) for kind in engines.index.kinds}
    except BeatwatchError as error:
        yield failed("search index", error, "see the message")
    else:
        yield _compared("SQLite in the data folder", held, kept)


def _compared(place: str, held: Counts, kept: Kept) -> Finding:
    """The index beside the state: it may lag, but where nothing waits it must hold everything."""
    found = f"{place}: {', '.join(f'{held[kind]} {kind}' for kind in sorted(held))}"
    missing = {kind: kept.documents[kind] - held[kind] for kind in held if kept.documents[kind] != held[kind]}
    if kept.waiting:
        return Finding("search index", "warn", f"{found}; {count(kept.waiting, 'change')} of the state wait for it",
                       "the next run brings it up, or `beatwatch reindex`")  # fmt: skip
    if not missing:
        return Finding("search index", "ok", f"{found}, as the state has")
    if sum(missing.values()) == kept.refused:
        return Finding("search index", "warn", f"{found}; it refused {count(kept.refused, 'document')} for good",
                       "see their reasons in the quarantine")  # fmt: skip
    differing = ", ".join(f"{kept.documents[kind]} {kind}" for kind in sorted(missing))
    return Finding("search index", "fail", f"{found}; the state has {differing}, and nothing waits",
                   "run `beatwatch reindex`")  # fmt: skip


def _server(settings: Settings, kept: Kept | None, known: bool) -> Iterator[Finding]:
    """Elasticsearch: itself, what it lacks, who may reach it, our indices there beside the state, if that is known."""
    try:
        server = search_server(settings)
    except BeatwatchError as error:
        yield failed("search server", error, "runs go on without it, and bring the index up once it answers")
        return
    address = settings.elasticsearch or ""
    yield _version(server, address)
    yield _modules(server)
    yield _access(server, address, settings)
    if known:
        yield _versions(server, kept)


def _version(server: "Server", address: str) -> Finding:
    from pipeline.adapters.search_probe import version_parts

    told = [f"Elasticsearch {server.version or '(it does not tell its version)'} at {address}"]
    told += [count(server.nodes, "node")] if server.nodes else []
    found = ", ".join([*told, server.health or "of a health that our user may not ask for"])
    parts = version_parts(server.version)[:2] if server.version else TESTED
    if parts < OLDEST:
        return Finding("search server", "fail", found, f"use {'.'.join(map(str, TESTED))}: searches by vector need it")
    if server.health == "red":
        return Finding(
            "search server", "fail", found, "an index has lost a shard: see `GET _cluster/allocation/explain`"
        )
    if parts[0] != TESTED[0]:
        return Finding("search server", "warn", found, f"only {'.'.join(map(str, TESTED))} was tried")
    if server.health == "yellow":
        return Finding("search server", "warn", found, "searches are answered, but a copy of a shard has no node")
    return Finding("search server", "ok", found)


def _modules(server: "Server") -> Finding:
    from pipeline.adapters.search_probe import MODULES

    if server.lacking is None:
        return Finding("search modules", "ok", "it does not say which it has; our searches need none")
    if not server.lacking:
        return Finding(
            "search modules", "ok", "all of the full distribution that are asked for; our searches need none"
        )
    missed = "; ".join(f"{name}: {MODULES[name]}" for name in server.lacking)
    return Finding("search modules", "ok", f"our searches need none; it goes without {missed}")


def _access(server: "Server", address: str, settings: Settings) -> Finding:
    """Who may read the index and listen on the way to it."""
    told = urlsplit(address)
    if told.hostname in ("localhost", "127.0.0.1", "::1"):
        return Finding("search access", "ok", "on this machine only")
    known = settings.search_secret() is not None
    if told.scheme == "http":
        found = "the key or password goes over the network in clear" if known else "what we send and read is in clear"
        return Finding("search access", "warn", found, "use https:// and, where needed, BEATWATCH_ELASTICSEARCH_CA")
    if not known or "x-pack-security" in (server.lacking or ()):
        return Finding("search access", "warn", "whoever reaches it can read and write the index",
                       "let it ask for a key, and set BEATWATCH_ELASTICSEARCH_SECRET")  # fmt: skip
    return Finding("search access", "ok", "encrypted, with a key or password of ours")


def _versions(server: "Server", kept: Kept | None) -> Finding:
    """The indices behind our aliases, and what they hold beside the state."""
    from pipeline.adapters.search_mappings import LAYOUT

    shown = [version for version in server.versions if version.name]
    if not shown:
        level: Level = "warn" if kept and any(kept.documents.values()) else "ok"
        return Finding("search index", level, "not there yet", "the next run makes it, or `beatwatch reindex`")
    strange = [version.name or f"none for {version.kind}" for version in server.versions if version.layout != LAYOUT]
    if strange:
        found = f"not of this version's layout {LAYOUT}: {', '.join(strange)}"
        return Finding("search index", "fail", found, "run `beatwatch reindex`")
    left = [name for version in server.versions for name in version.left]
    place = f"layout {LAYOUT}" + (f", {len(left)} left by a rebuild ({', '.join(left)})" if left else "")
    if kept is None and not any(version.documents for version in shown):
        return Finding("search index", "ok", f"{place}: empty")
    if kept is None:
        return Finding("search index", "warn", f"{place}: it holds documents, the state none", "check both addresses")
    return _compared(place, {version.kind: version.documents for version in shown}, kept)


def _mail(settings: Settings) -> str:
    """As far as a delivery comes before its message."""
    from alerts.smtp import greet

    server = mail_server(settings)
    if server is None:
        return "no server is set: digests are written as files only"
    greet(server)
    return f"{server.host}:{server.port} takes mail of {server.sender}"
