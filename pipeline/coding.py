"""Coding articles by the codebook: what the run loop and `beatwatch code` both do with a batch of texts.

It joins the pure stages with the encoder, batch by batch, so that each text is embedded once and in company: encoding
is nine tenths of the time that coding takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import screen as screening
from pipeline.engage import engage
from pipeline.frame import frame_article, sentence_features
from pipeline.knowledge import Knowledge
from pipeline.numerals import find_numbers
from pipeline.ports import Encoder, Vectors
from pipeline.reading import PRC, read_all
from pipeline.records import EngagementReport, Framing, Screening
from pipeline.screen import Look
from pipeline.sentences import Sentence, split
from pipeline.speaker import speakers


@dataclass(frozen=True, slots=True)
class Text:
    """What coding reads of an article. `kind` is the outlet's kind, None where it is not known."""

    headline: str
    text: str
    lang: str
    kind: str | None = None


BATCH = 24
"""Articles coded together: enough for the encoder to work in company, few enough to lose little to a kill."""
PRC_AGENCIES = frozenset({"新华社", "新華社", "中新社", "Xinhua"})


def author_kind(kind: str | None, agency: str | None) -> str | None:
    """The kind of who wrote a text: an agency text of the PRC state stays one in a host country's paper."""
    if agency is None:
        return kind
    return "prc_state_media" if agency in PRC_AGENCIES else "wire"


class Coder:
    """The codebook applied: `screen` decides what goes on, the rest codes what is relevant."""

    def __init__(self, knowledge: Knowledge, encoder: Encoder) -> None:
        self.knowledge = knowledge
        self._encoder = encoder

    @property
    def model(self) -> str:
        """Under which vectors of this coder are kept."""
        return self._encoder.model

    def prepare(self) -> None:
        """Begin to load the model: there will be texts to read."""
        self._encoder.prepare()

    def screen(self, texts: Sequence[Text]) -> list[Screening]:
        """One screening for each text; only what passes the lexical look is embedded."""
        looks = [screening.look(t.headline, t.text, self.knowledge.lexicon) for t in texts]
        passing = [i for i, look in enumerate(looks) if look.passes]
        rows = self.relevance_rows([texts[i] for i in passing], [looks[i] for i in passing])
        judged = {
            i: screening.judge(row, looks[i], self.knowledge.relevance, self.knowledge.relevance_line)
            for i, row in zip(passing, rows, strict=True)
        }
        return [judged.get(i) or screening.dropped(look) for i, look in enumerate(looks)]

    def relevance_rows(self, texts: Sequence[Text], looks: Sequence[Look]) -> list[Vectors]:
        """What the relevance head reads, for texts that passed the look."""
        pairs, reads = [], []
        for text, look in zip(texts, looks, strict=True):
            sentences = split(text.text, text.lang)
            pairs.append(screening.passages(text.headline, text.text, sentences, look))
            headline = Sentence(0, len(text.headline), text.headline)
            known = self.knowledge
            reads.append(read_all([headline, *sentences], text.lang, known.lexicon, known.gazetteer))
        vectors = self._encoder.encode([part for pair in pairs for part in pair])
        return [screening.features(vectors[2 * i], vectors[2 * i + 1], look, reads[i]) for i, look in enumerate(looks)]

    def countries(self, text: Text) -> frozenset[str]:
        """Countries besides the PRC that headline and beginning name."""
        places, _ = self.knowledge.gazetteer.find(screening.joined(text.headline, text.text)[: screening.LEAD])
        return frozenset(place.country for place in places) - PRC

    def vectors(self, texts: Sequence[Text]) -> Vectors:
        """(n, d): headline and lead of each text, for clustering."""
        return self._encoder.encode([screening.joined(t.headline, t.text)[: screening.LEAD] for t in texts])

    def frame(self, texts: Sequence[Text]) -> list[Framing]:
        """The framing of relevant texts."""
        split_texts = [split(t.text, t.lang) for t in texts]
        flat = [s.text for sentences in split_texts for s in sentences] + [t.headline or t.text[:100] for t in texts]
        vectors = self._encoder.encode(flat)
        headline_vectors = vectors[len(flat) - len(texts) :]
        framings, at = [], 0
        for i, (text, sentences) in enumerate(zip(texts, split_texts, strict=True)):
            part = vectors[at : at + len(sentences)]
            at += len(sentences)
            framings.append(self._framing(text, sentences, part, headline_vectors[i : i + 1]))
        return framings

    def _framing(self, text: Text, sentences: list[Sentence], vectors: Vectors, headline: Vectors) -> Framing:
        lexicon, heads = self.knowledge.lexicon, self.knowledge.frames
        speaking = speakers(sentences, lexicon)
        rows = sentence_features(vectors, sentences, speaking, lexicon, text.kind)
        title = [Sentence(0, len(text.headline), text.headline)]
        headline_row = sentence_features(headline, title, speakers(title, lexicon), lexicon, text.kind)
        return frame_article(sentences, rows, speaking, headline_row, heads, text.kind)

    def engage(self, text: Text) -> tuple[EngagementReport, ...]:
        """The engagement reports of a relevant text."""
        return engage(
            text.headline, split(text.text, text.lang), text.lang, self.knowledge.lexicon, self.knowledge.gazetteer
        )

    def specifics(self, text: Text) -> tuple[frozenset[str], frozenset[str]]:
        """(countries, numbers) by which clustering tells sibling events apart."""
        lead = screening.joined(text.headline, text.text)[: screening.LEAD]
        numbers = frozenset(f"{n.value:g}" for n in find_numbers(lead, text.lang) if n.value >= 20 and not n.year)
        return self.countries(text), numbers
