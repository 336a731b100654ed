"""What `beatwatch doctor` looks at: each check finds something out and says what to do where it is wrong.

A check never raises an error of ours: a person asks the doctor because something is broken, and wants the whole list.
"""

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from console.checkup_engines import engines
from console.finding import Finding, Level, examine
from pipeline.errors import DataFolderError, ModelMissing, StateError
from pipeline.settings import Settings
from pipeline.wiring import (
    SAMPLE_SOURCES,
    SOURCES,
    WATCH_RULES,
    catalogue,
    has_data,
    opened_state,
    vault_store,
)

RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine that runs this version can be earlier."""
SKEW = timedelta(days=1)


def findings(settings: Settings, path: Path) -> Iterator[Finding]:
    """Everything but the settings themselves, which must be read before."""
    yield _python()
    yield _libraries()
    yield examine("sources", "mend the named files", lambda: _sources("live", SOURCES))
    yield examine("sample sources", "restore sample/sources", lambda: _sources("sample", SAMPLE_SOURCES))
    yield examine("watch rules", "mend config/watch.yml", _rules)
    yield examine("codebook, lexicon, gazetteer", "mend the named file, or restore it", _knowledge)
    yield examine("embedding model", "install it, or take the setting `encoder` back", lambda: _encoder(settings))
    yield examine("fitted heads", "restore pipeline/fitted, or set `encoder` back", lambda: _heads(settings))
    yield examine("data folder", "change its rights, or give another --data", lambda: _folder(path))
    yield _space("free disk", path, settings.disk_floor_mb)
    yield from _vault(path, settings)
    yield from engines(settings, path)
    yield examine("clock", "set the machine's clock", lambda: _clock(path, settings))


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("python", "ok" if ok else "fail", found, None if ok else "use Python 3.11 or 3.12")


def _libraries() -> Finding:
    """Every declared requirement is there in a version that fits; the main ones are named."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in requires("beatwatch") or ()]
    faults = [fault for need in wanted if (fault := _misfit(need.name, need.specifier.contains))]
    if faults:
        return Finding("libraries", "fail", ", ".join(faults), "run `make install`")
    main = ("scrapy", "torch", "sentence-transformers", "sqlalchemy", "prefect")
    return Finding("libraries", "ok", ", ".join(f"{name} {version(name)}" for name in main))


def _misfit(name: str, fits: Callable[[str], bool]) -> str | None:
    try:
        found = version(name)
    except PackageNotFoundError:
        return f"{name} is missing"
    return None if fits(found) else f"{name} {found} does not fit"


def _sources(which: str, folder: Path) -> str:
    return f"{len(catalogue(which))} sources in {folder}"


def _rules() -> str:
    from alerts.rules import read_rules

    return f"{len(read_rules(WATCH_RULES))} rules in {WATCH_RULES}"


def _knowledge() -> str:
    from pipeline.knowledge import codebook_version, load_gazetteer, load_lexicon

    load_lexicon()
    load_gazetteer()
    return f"codebook {codebook_version()}"


def _encoder(settings: Settings) -> str:
    import numpy as np

    from pipeline.adapters.encoders import SentenceEncoder

    encoder = SentenceEncoder(settings.encoder)
    vectors = encoder.encode(["Police of both countries met.", "两国警方举行会晤。"])
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise ModelMissing(f"{encoder.model}: its vectors have lengths {lengths.tolist()}, not 1")
    return f"{encoder.model}, {vectors.shape[1]} dimensions"


def _heads(settings: Settings) -> str:
    from pipeline.head import load_head
    from pipeline.knowledge import FITTED, load_centres

    heads = [load_head(FITTED / f"{name}.npz") for name in ("relevance", "frame", "voice", "framing")]
    strangers = [f"{head.name} ({head.encoder})" for head in heads if head.encoder != settings.encoder]
    if strangers:
        raise ModelMissing(f"fitted for another encoder than {settings.encoder}: {', '.join(strangers)}")
    return f"{', '.join(f'{head.name} {head.version}' for head in heads)}; {len(load_centres())} centres"


def _folder(path: Path) -> str:
    """Writing is tried where the folder is there; a folder that is not is not made for it."""
    if path.is_dir():
        try:
            with tempfile.TemporaryFile(dir=path):
                return f"{path}: can be written"
        except OSError as error:
            raise DataFolderError(f"{path}: cannot be written: {error.strerror}") from error
    parent = _existing(path)
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        raise DataFolderError(f"{path}: is not there, and cannot be made in {parent}")
    return f"{path}: not there yet, the first run makes it"


def _existing(path: Path) -> Path:
    return next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))


def _vault(path: Path, settings: Settings) -> Iterator[Finding]:
    """The archive, where it lies elsewhere than in the data folder."""
    if settings.vault is None:
        return
    yield examine("archive of pages", "mend what the message names", lambda: _archive(path, settings))
    if Path(settings.vault).is_dir():
        yield _space("free disk of the archive", Path(settings.vault), settings.disk_floor_mb)


def _archive(path: Path, settings: Settings) -> str:
    return f"{vault_store(path, settings).address}: can be reached"


def _space(name: str, path: Path, floor_mb: int) -> Finding:
    free = shutil.disk_usage(path if path.is_dir() else _existing(path)).free // 1_000_000
    ok = free >= floor_mb
    found = f"{free:,} MB free, {floor_mb:,} MB are kept free (disk_floor_mb)"
    return Finding(name, "ok" if ok else "fail", found, None if ok else "make room: runs stop before the disk is full")


def _clock(path: Path, settings: Settings) -> str:
    """A clock that is behind would date articles before they were written; a sample's days are fixed."""
    now = datetime.now(UTC)
    if now < RELEASED:
        raise DataFolderError(f"{now.isoformat(timespec='seconds')}: before this version was made")
    run = None
    with suppress(StateError):  # what is wrong with it is the state's own line
        if has_data(path, settings):
            with opened_state(path, settings=settings) as state:
                run = state.newest_run() if state.completed_runs("live") else None
    if run is not None and now + SKEW < run:
        raise DataFolderError(f"{now.isoformat(timespec='seconds')}: before the newest run, {run.isoformat()}")
    return f"{now.isoformat(timespec='seconds')}"


def levels(found: Sequence[Finding]) -> Counter[Level]:
    """How many findings are of each level."""
    return Counter(finding.level for finding in found)
