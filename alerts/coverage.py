"""A story with what its articles say: read from the state once, then handed to everything that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.ports import State
from pipeline.records import Article, EngagementReport, Framing, Moment, Story


@dataclass(frozen=True, slots=True)
class Coverage:
    """`articles` in order of (time, id); `framings` and `reports` by article id, articles without one left out."""

    story: Story
    articles: tuple[Article, ...]
    framings: Mapping[str, Framing]
    reports: Mapping[str, tuple[EngagementReport, ...]]
    relevance: float  # the screen's score of its surest article, 0..1

    @property
    def origins(self) -> tuple[Article, ...]:
        """Articles that reprint no other article of the story: an agency's text counts once."""
        ids = {article.id for article in self.articles}
        return tuple(article for article in self.articles if article.copy_of not in ids)


def read_coverage(state: State, story: Story) -> Coverage:
    """The story's members with their codings. An article that the state no longer has is left out."""
    articles = sorted(state.articles(story.article_ids), key=lambda article: (article.time, article.id))
    framings = {article.id: state.framing(article.id) for article in articles}
    reports = {article.id: state.engagement_reports(article.id) for article in articles}
    scores = [screening.score for article in articles if (screening := state.screening(article.id))]
    return Coverage(
        story,
        tuple(articles),
        {id_: framing for id_, framing in framings.items() if framing},
        {id_: found for id_, found in reports.items() if found},
        max(scores, default=0.0),
    )


def moment(article: Article) -> Moment:
    """When it was published, or when it was first seen, which its provenance says."""
    return article.published or Moment(article.first_seen, "first_seen")
