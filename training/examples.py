"""Reading the labelled examples (`training/examples/README.md`) into frozen records, every line checked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from pipeline.errors import ConfigError
from pipeline.records import ArticleFrame, Frame, OutletKind, Voice

FOLDER = Path(__file__).parent / "examples"
T = TypeVar("T")
_STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, config=_STRICT)
class ArticleExample:
    """One labelled article; its text is its sentences in order."""

    id: str
    event: str
    lang: str
    headline: str
    outlet_kind: OutletKind
    kind: str
    source: str | None
    relevant: bool
    trap: str | None
    framing: ArticleFrame | None
    sentences: tuple[tuple[str, Frame, Voice], ...]

    @property
    def text(self) -> str:
        """The article's text as it would be extracted."""
        return ("" if self.lang in ("zh", "ja") else " ").join(sentence for sentence, _, _ in self.sentences)


@checked(frozen=True, config=_STRICT)
class SentenceExample:
    """One labelled sentence without its article."""

    id: str
    event: str
    lang: str
    text: str
    frame: Frame
    both: bool
    voice: Voice
    kind: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Examples:
    """All labelled examples, in order of their ids."""

    articles: tuple[ArticleExample, ...]
    sentences: tuple[SentenceExample, ...]


def load_examples(folder: Path = FOLDER) -> Examples:
    """Raises `ConfigError` with file and line for the first line that does not hold what it must."""
    sentences = sorted(load_lines(folder / "sentences", SentenceExample), key=lambda example: example.id)
    return Examples(load_articles(folder), tuple(sentences))


def load_articles(folder: Path = FOLDER) -> tuple[ArticleExample, ...]:
    """The labelled articles alone."""
    return tuple(sorted(load_lines(folder / "articles", ArticleExample), key=lambda example: example.id))


def load_lines(folder: Path, model: type[T]) -> Iterator[T]:
    """Every line of the folder's JSONL files as `model`, or `ConfigError` with the file and the line."""
    adapter = TypeAdapter(model)
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                yield adapter.validate_python(_tuples(json.loads(line)))
            except (ValidationError, ValueError) as error:
                raise ConfigError(f"{path}:{number}", "", str(error).splitlines()[0]) from error


def _tuples(plain: object) -> object:
    if isinstance(plain, dict) and isinstance(plain.get("sentences"), list):
        return plain | {"sentences": tuple(tuple(sentence) for sentence in plain["sentences"])}
    return plain
