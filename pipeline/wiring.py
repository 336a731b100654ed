"""Where the parts are put together: settings are read here and nowhere else, adapters are built here and nowhere else.

It stands above the run loop: `console` and `flows` call it, nothing in the pipeline does. What is heavy (models, Scrapy's
parent side) is built when it is asked for.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.adapters.data_folder import DataFolder
from pipeline.errors import BackupError, ConfigError, UsageError
from pipeline.ports import Progress, SearchIndex, State
from pipeline.records import Source
from pipeline.settings import Settings, load_settings
from pipeline.table import RunTable

if TYPE_CHECKING:
    from alerts.rules import WatchRule
    from alerts.smtp import SmtpSettings
    from crawlers.vault.place import Place
    from crawlers.vault.store import VaultStore
    from pipeline.adapters.search_elastic import ElasticAddress, ElasticIndex
    from pipeline.adapters.search_probe import Server
    from pipeline.backup.layout import Manifest
    from pipeline.clearing import Cleared
    from pipeline.coding import Coder
    from pipeline.retention import Retained, Rules
    from pipeline.run import Engines, Order

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "config" / "sources"
SAMPLE_SOURCES = ROOT / "sample" / "sources"
WATCH_RULES = ROOT / "config" / "watch.yml"
Kind = Literal["sample", "live"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A data folder with its state and index."""

    folder: DataFolder
    state: State
    index: SearchIndex


def build_coder(settings: Settings | None = None) -> "Coder":
    """The coder with the fitted heads and the encoder of the settings."""
    from pipeline.adapters.encoders import SentenceEncoder
    from pipeline.coding import Coder
    from pipeline.knowledge import load_knowledge

    return Coder(load_knowledge(), SentenceEncoder((settings or load_settings()).encoder))


def data_path(given: Path | None, sources: str = "sample", settings: Settings | None = None) -> Path:
    """The data folder: the option, else the setting, else var/sample or var/live under the working folder."""
    return given or (settings or load_settings()).data or Path("var") / ("sample" if sources == "sample" else "live")


@contextmanager
def opened(path: Path, *, create: bool = False, settings: Settings | None = None) -> Iterator[Opened]:
    """State and index of a data folder, closed at the end. Raises `UsageError` if nothing was ever run in it,
    unless `create`."""
    settings = settings or load_settings()
    with opened_state(path, create=create, settings=settings) as state:
        folder = DataFolder.open(path)
        index = _index(folder, settings)
        try:
            yield Opened(folder, state, index)
        finally:
            index.close()


def _index(folder: DataFolder, settings: Settings) -> SearchIndex:
    """The engine of the settings: Elasticsearch where one is named, else a file in the data folder."""
    if settings.elasticsearch is None:
        from pipeline.adapters.search_sqlite import SqliteIndex

        return SqliteIndex.open(folder.search)
    from pipeline.adapters.search_elastic import ElasticIndex

    return ElasticIndex(_elastic_address(settings))


@contextmanager
def elastic_index(settings: Settings) -> "Iterator[ElasticIndex]":
    """The index on Elasticsearch, which Kibana reads as well; raises `UsageError` where none is set."""
    from pipeline.adapters.search_elastic import ElasticIndex

    if settings.elasticsearch is None:
        raise UsageError("no Elasticsearch is set: BEATWATCH_ELASTICSEARCH=https://host:9200")
    index = ElasticIndex(_elastic_address(settings))
    try:
        yield index
    finally:
        index.close()


def _elastic_address(settings: Settings) -> "ElasticAddress":
    from pipeline.adapters.search_elastic import ElasticAddress

    authority = str(settings.elasticsearch_ca) if settings.elasticsearch_ca else None
    return ElasticAddress(
        settings.elasticsearch or "", settings.elasticsearch_prefix, authority, settings.elasticsearch_user,
        settings.search_secret(),
    )  # fmt: skip


def search_server(settings: Settings) -> "Server":
    """What the Elasticsearch of the settings is and holds; nothing is made there. Raises `SearchError`."""
    from pipeline.adapters.search_probe import probe

    return probe(_elastic_address(settings))


@contextmanager
def opened_state(path: Path, *, create: bool = False, settings: Settings | None = None) -> Iterator[State]:
    """The state alone: what is read from it can be read while the index is broken, or while a run writes."""
    from pipeline.adapters.state import SqlState

    settings = settings or load_settings()
    if not create and not has_data(path, settings):
        raise no_data(path)
    state = SqlState.open(_postgres(settings) or DataFolder.open(path).state_url)
    try:
        yield state
    finally:
        state.close()


def no_data(path: Path) -> UsageError:
    """The error of a place in which nothing was ever run."""
    return UsageError(f"{path}: no data in it yet; run `beatwatch run --data {path}` first, or give another --data")


def _postgres(settings: Settings) -> str | None:
    """The address of the state's database where the settings name one."""
    from pipeline.adapters.state.database import postgres_address

    return postgres_address(settings.database, settings.database_secret()) if settings.database else None


def has_data(path: Path, settings: Settings | None = None) -> bool:
    """Whether anything was ever run in this data folder, or in the database of the settings."""
    url = _postgres(settings or load_settings())
    if url is None:
        return (path / "state.db").is_file()
    from pipeline.adapters.state import SqlState

    return SqlState.is_there(url)


def sample_day(state: State) -> int:
    """The day of the sample newsroom that the next run reads: a killed run repeats its day, a third one day 2."""
    return min(2, 1 + state.completed_runs("sample"))


def catalogue(sources: str) -> tuple[Source, ...]:
    """The sources named on the command line: "sample", "live", or a folder of source files."""
    from crawlers.catalogue import load_catalogue

    folder = {"sample": SAMPLE_SOURCES, "live": SOURCES}.get(sources, Path(sources))
    if not folder.is_dir():
        raise UsageError(f"{sources}: neither `sample`, `live` nor a folder of source files")
    return load_catalogue(folder)


def daily_run(
    sources: str,
    path: Path,
    progress: Progress,
    *,
    since: timedelta | None = None,
    hourly: bool = False,
    called: datetime | None = None,
    settings: Settings | None = None,
) -> "tuple[RunTable, Order]":
    """One whole run over a data folder, held by it alone; `hourly`: over the sources that are asked every hour, and
    mailing only what is new; `called`: by another worker at this time. The sample run serves its newsroom itself.

    Raises `UsageError` where the state holds runs of the other kind: the sample's invented outlets never mix with the
    world's, in a folder or in a database.
    """
    from alerts.rules import read_rules
    from pipeline.run import Run

    settings = settings or load_settings()
    declared, rules = catalogue(sources), read_rules(WATCH_RULES)
    if hourly:
        declared = tuple(source for source in declared if source.every == "hour")
        if not declared:
            raise UsageError(f"{sources}: no source is asked every hour: write `every: hour` into a source's file")
    kind: Kind = "sample" if sources == "sample" else "live"
    folder = DataFolder.open(path)
    with folder.hold(), opened(path, create=True, settings=settings) as kept:
        other: Kind = "live" if kind == "sample" else "sample"
        if kept.state.completed_runs(other):
            raise UsageError(
                f"{_place(settings, path)}: it holds {other} runs: give the {kind} run a data folder and a database of its own"
            )
        if kind == "sample":
            from sample.newsroom import Newsroom

            with Newsroom(day=sample_day(kept.state)) as newsroom:
                order = _order(kind, newsroom.now, True, declared, since, settings, newsroom.host_map, folder.worker)
                engines = _engines(kept, order, settings, rules)
                return Run(engines, order, progress).execute(), order
        order = _order(kind, datetime.now(UTC), False, declared, since, settings, (), folder.worker)
        order = replace(order, lane=lane(since, hourly), called=called)
        return Run(_engines(kept, order, settings, rules), order, progress).execute(), order


def lane(since: timedelta | None, hourly: bool) -> str:
    """Which runs may share a round: those that ask the same sources for the same. What a run that leaves out older
    entries has asked, another has not."""
    return "hourly" if hourly else "backfill" if since else "daily"


def _place(settings: Settings, path: Path) -> str:
    """Where the state is, for a message: of a database's address nothing that may be a password."""
    if settings.database is None:
        return str(path)
    from sqlalchemy import make_url

    return repr(make_url(settings.database).set(query={}))


def recode(path: Path, progress: Progress) -> RunTable:
    """Work through what this version of the stages has not read yet, without gathering or telling."""
    from pipeline.run import Run

    settings = load_settings()
    folder = DataFolder.open(path)
    with folder.hold(), opened(path, settings=settings) as kept:
        kind: Kind = "sample" if kept.state.completed_runs("sample") else "live"
        sources = tuple(kept.state.sources())
        order = _order(kind, datetime.now(UTC), False, sources, None, settings, (), folder.worker)
        return Run(_engines(kept, order, settings, ()), order, progress).recode()


def _order(
    kind: Kind, now: datetime, fixed: bool, sources: tuple[Source, ...], since: timedelta | None, settings: Settings,
    host_map: tuple[tuple[str, str], ...], worker: str,
) -> "Order":  # fmt: skip
    from pipeline.run import Order

    return Order(
        kind, now, fixed, sources, since=now - since if since else None, host_map=host_map, allow_hosts=settings.allow_hosts,
        user_agent=settings.user_agent, worker=worker, workers=settings.workers,
    )  # fmt: skip


def _engines(kept: Opened, order: "Order", settings: Settings, rules: "tuple[WatchRule, ...]") -> "Engines":
    from alerts.alerter import MailAlerter
    from crawlers.gatherer import ScrapyGatherer
    from crawlers.vault.place import open_store
    from crawlers.vault.reader import VaultReader
    from pipeline.run import Engines

    path = kept.folder.path
    alerter = MailAlerter(
        kept.state, rules, {source.id: source for source in order.sources}, kept.folder.mail, settings.mail_from,
        clock=(lambda: order.now) if order.fixed_clock else (lambda: datetime.now(UTC)), smtp=mail_server(settings),
        deliver_mail=order.kind == "live", quiet=order.lane == "hourly",
    )  # fmt: skip
    place = vault_place(path, settings)
    gatherer = ScrapyGatherer(path, vault=place, floor_mb=settings.disk_floor_mb)
    return Engines(kept.state, kept.index, gatherer, VaultReader(open_store(place)), build_coder(settings), alerter)


def vault_place(data: Path, settings: Settings | None = None) -> "Place":
    """Where the archive lies: the folder or bucket of the settings, else `vault/` in the data folder. Raises
    `ConfigError` or `UsageError` where the settings do not say enough."""
    from crawlers.vault.place import FolderPlace, S3Place, default_place, split_address

    settings = settings or load_settings()
    if settings.vault is None:
        return default_place(data.absolute())
    if "://" not in settings.vault:
        return FolderPlace(Path(settings.vault).absolute())
    try:
        bucket, prefix = split_address(settings.vault)
    except ValueError as error:
        raise ConfigError("BEATWATCH_VAULT or settings.yml", "vault", f"{error}, or give a folder") from error
    secret = settings.store_secret()
    if not settings.vault_key or not secret:
        raise UsageError(f"s3://{bucket}: set vault_key, and BEATWATCH_VAULT_SECRET or vault_secret_file")
    endpoint = settings.vault_endpoint or f"https://s3.{settings.vault_region}.amazonaws.com"
    return S3Place(bucket, prefix, endpoint.rstrip("/"), settings.vault_region, settings.vault_key, secret)


def vault_store(data: Path, settings: Settings | None = None) -> "VaultStore":
    """The archive of the settings, for commands that work on it as a whole. Raises `VaultError` if it is away or cannot
    be used, and the errors of `vault_place`."""
    from crawlers.vault.place import open_store

    store = open_store(vault_place(data, settings))
    store.check()
    return store


def back_up(path: Path, file: Path | None, progress: Progress) -> "Manifest":
    """Write everything of a data folder into a file, or to stdout; a run may go on meanwhile."""
    from pipeline.backup.writing import write_file, write_stream

    settings, now = load_settings(), datetime.now(UTC)
    with opened_state(path, settings=settings) as state:
        vault = vault_store(path, settings)
        if file is None:
            return write_stream(sys.stdout.buffer, state, vault, DataFolder.open(path).path, now, progress)
        return write_file(file, state, vault, now, progress)


def restore(file: Path, path: Path, progress: Progress, *, indexed: bool = True) -> "tuple[Manifest, int | None]":
    """Bring a backup into an empty data folder, with the database and the vault of the settings; returns what it held and,
    where the search index is wanted, the number of its documents. Raises `UsageError`, `BackupError` or `SearchError`
    where that cannot be done."""
    from alerts.outbox import write_again
    from pipeline.adapters.state import SqlState, loading
    from pipeline.backup.reading import BackupFile
    from pipeline.backup.restoring import Place
    from pipeline.backup.restoring import restore as fill
    from pipeline.index import build_anew

    settings = load_settings()
    documents: int | None = None

    def remake() -> None:
        nonlocal documents
        with closing(SqlState.open(url)) as state:
            write_again(state, folder.mail)
            if indexed:
                with closing(_index(folder, settings)) as index:
                    documents = build_anew(state, index, progress)

    with BackupFile.open(file) as backup:
        folder = DataFolder.open(path, restoring=True)
        url = _postgres(settings) or folder.state_url
        if indexed and not folder.restoring.exists():
            _require_empty_index(folder, settings)
        place = Place(
            folder, vault_store(path, settings), _place(settings, folder.path / "state.db"), loading.knows,
            lambda: loading.held(url), lambda schema, rows: loading.load(url, schema, rows), remake,
        )  # fmt: skip
        with folder.hold():
            fill(backup, place, settings.disk_floor_mb, progress)
        return backup.manifest, documents


def _require_empty_index(folder: DataFolder, settings: Settings) -> None:
    """An index that answers for another state is not to be replaced. Raises `BackupError`."""
    if settings.elasticsearch is None:
        return  # it lies in the data folder, which is empty
    with closing(_index(folder, settings)) as index:
        if any(index.count(kind) for kind in index.kinds):
            raise BackupError(
                f"{settings.elasticsearch}: the search index {settings.elasticsearch_prefix} holds documents already: set"
                " another BEATWATCH_ELASTICSEARCH_PREFIX, or leave BEATWATCH_ELASTICSEARCH out; if it is lost anyway, give"
                " --no-index and run `beatwatch reindex`"
            )


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A data folder that no run holds, with its vault, and the call that keeps both ours for the next minutes."""

    folder: DataFolder
    state: State
    index: SearchIndex
    vault: "VaultStore"
    go_on: Callable[[], None]


@contextmanager
def upkeep(path: Path, settings: Settings | None = None) -> Iterator[Upkeep]:
    """To take something away for good: no run reads articles, no backup and no other upkeep goes on meanwhile, on
    whichever machine. Raises `DataFolderBusy` or `StateError` while one does."""
    from pipeline.hold import alone_with_the_articles

    settings = settings or load_settings()
    if not has_data(path, settings):
        raise no_data(path)
    with (
        DataFolder.open(path).hold(),
        opened(path, settings=settings) as kept,
        alone_with_the_articles(kept.state) as go_on,
    ):
        yield Upkeep(kept.folder, kept.state, kept.index, vault_store(path, settings), go_on)


def keep_to_rules(
    path: Path, progress: Progress, *, dry_run: bool = False
) -> "tuple[Rules, Retained, Cleared, list[str]]":
    """Take away what the settings no longer keep: their rules, what went, or would, what left the archive, and what has to
    wait, in words. Raises as `upkeep` does."""
    from pipeline.clearing import Cleared, clear_index, clear_vault
    from pipeline.retention import Rules, retain

    settings = load_settings()
    rules = Rules(settings.keep_dropped_pages, settings.keep_fetch_log, settings.keep_mails)
    with upkeep(path, settings) as kept:
        removed = retain(kept.state, kept.folder.mail, rules, progress, dry_run=dry_run)
        if dry_run:
            return rules, removed, Cleared(), []
        cleared = clear_vault(kept.state, kept.vault, kept.go_on, progress)
        return rules, removed, cleared, clear_index(kept.state, kept.index, progress)


def mail_server(settings: Settings) -> "SmtpSettings | None":
    """The operator's mail server, None where none is set."""
    from alerts.smtp import SmtpSettings

    if settings.smtp_host is None:
        return None
    return SmtpSettings(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from,
        settings.smtp_security,
        settings.smtp_user,
        settings.mail_secret(),
    )
