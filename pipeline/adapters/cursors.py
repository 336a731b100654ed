"""Where a search's next page begins, as text that a caller hands back: the order and what the engine needs to go on."""

import base64
import json
from collections.abc import Callable
from typing import Any

from pipeline.errors import UsageError
from pipeline.searchable import Sort


def cursor(sort: Sort, first: Any, second: Any) -> str:
    """Two JSON values as one word."""
    return base64.urlsafe_b64encode(json.dumps([sort, first, second]).encode()).decode()


def cursor_parts(after: str, sort: Sort, fit: Callable[[Any, Any], bool]) -> tuple[Any, Any]:
    """The two parts again. Raises `UsageError` for what is no cursor of a search that is sorted so, or does not `fit`."""
    try:
        of_sort, first, second = json.loads(base64.urlsafe_b64decode(after))
        if of_sort == sort and fit(first, second):
            return first, second
    except (ValueError, TypeError):
        pass
    raise UsageError(f"the cursor {after!r} is none of this search (sorted by {sort}): take the one that it returned")
