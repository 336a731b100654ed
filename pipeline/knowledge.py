"""What the stages know besides code: the lexicon and gazetteer of `config/`, the fitted heads of `pipeline/fitted/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ConfigDict

from pipeline.declared import BrokenFiles, Declared, read_declared
from pipeline.errors import ConfigError, ModelMissing
from pipeline.frame import FrameHeads
from pipeline.gazetteer import Gazetteer, GazetteerFile
from pipeline.head import UNREADABLE, Head, load_head
from pipeline.lexicon import FLAT, GROUPED, Lexicon, LexiconFile
from pipeline.ports import Vectors

CONFIG = Path(__file__).parent.parent / "config"
FITTED = Path(__file__).parent / "fitted"


class _LexiconModel(Declared):
    model_config = ConfigDict(frozen=True, strict=True, extra="allow")
    lang: str


class _GazetteerModel(Declared):
    skip: tuple[str, ...] = ()
    countries: dict[str, tuple[str, ...]]
    organisations: dict[str, tuple[str, ...]]


class _CodebookModel(Declared):
    model_config = ConfigDict(frozen=True, strict=True, extra="allow")
    version: int


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that coding reads, loaded and compiled."""

    lexicon: Lexicon
    gazetteer: Gazetteer
    relevance: Head
    relevance_line: float
    frames: FrameHeads
    centres: Mapping[str, Vectors]
    codebook: str


def load_lexicon(folder: Path = CONFIG / "lexicon") -> Lexicon:
    """All languages; raises `BrokenFiles` with every fault."""
    files = [_lexicon_file(path) for path in sorted(folder.glob("*.yml"))]
    if not files:
        raise ConfigError(str(folder), "", "there is no lexicon file (*.yml) in it; restore config/lexicon")
    return Lexicon(files)


def _lexicon_file(path: Path) -> LexiconFile:
    model = read_declared(path, _LexiconModel)
    found = dict(model.model_extra or {})
    faults = [ConfigError(str(path), key, "missing") for key in (*FLAT, *GROUPED) if key not in found]
    faults += [ConfigError(str(path), key, "unknown key") for key in found if key not in (*FLAT, *GROUPED)]
    faults += [ConfigError(str(path), key, "must be a list of terms") for key in FLAT if not _terms(found.get(key, []))]
    for key in GROUPED:
        names = found.get(key, {})
        if not isinstance(names, dict) or not all(_terms(terms) for terms in names.values()):
            faults.append(ConfigError(str(path), key, "must map names to lists of terms"))
    if faults:
        raise BrokenFiles(faults)
    return LexiconFile(model.lang, {key: found[key] for key in FLAT}, {key: found[key] for key in GROUPED})


def _terms(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(term, str) and term for term in value)


def load_gazetteer(path: Path = CONFIG / "gazetteer.yml") -> Gazetteer:
    """CLDR's names with the file's additions."""
    model = read_declared(path, _GazetteerModel)
    return Gazetteer(GazetteerFile(model.countries, model.organisations, model.skip))


def codebook_version(path: Path = CONFIG / "codebook.yml") -> str:
    """Version of the codebook by which everything is coded."""
    return str(read_declared(path, _CodebookModel).version)


def load_centres(path: Path = FITTED / "centres.npz") -> dict[str, Vectors]:
    """Mean vector of each language's texts ("*" over all), fitted for one encoder."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return {name: np.asarray(kept[name], dtype=np.float32) for name in kept.files}
    except UNREADABLE as error:
        raise ModelMissing(f"{path}: cannot be read ({error}); refit with `python -m training.fit`") from error


def load_knowledge() -> Knowledge:
    """Everything from its place in the checkout or the installed package."""
    relevance = load_head(FITTED / "relevance.npz")
    heads = FrameHeads(
        load_head(FITTED / "frame.npz"), load_head(FITTED / "voice.npz"), load_head(FITTED / "framing.npz")
    )
    return Knowledge(
        load_lexicon(), load_gazetteer(), relevance, 0.5, heads, load_centres(), codebook_version()
    )  # fmt: skip
