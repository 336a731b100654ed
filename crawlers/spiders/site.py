"""What a site of its own kind must answer: where its lists begin and how one of them is read."""

from datetime import datetime
from typing import Protocol

from crawlers.listing import Document, Listing
from pipeline.records import Source


class SiteSpider(Protocol):
    """Reads the list pages of one odd site. Pure: the crawl fetches, with its manners, what this names.

    (Not a `scrapy.Spider`: those fetch for themselves, and every rule of the crawl would have to be told to each.)
    """

    @property
    def name(self) -> str:
        """The name by which a source file asks for this spider."""
        ...

    def first(self, source: Source) -> str:
        """The address of the first list page."""
        ...

    def read(self, document: Document, source: Source, since: datetime | None) -> Listing:
        """The articles of a list page and, in `more`, the next one. Raises `Unreadable`."""
        ...
