"""An empty state, on each engine: for the contract suites and for the run loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.state import SqlState


@pytest.fixture(params=["sqlite"])
def state_url(tmp_path: Path) -> str:
    """The address of an empty database of the engine."""
    return f"sqlite:///{tmp_path / 'state.db'}"


@pytest.fixture
def state(state_url: str) -> Iterator[SqlState]:
    """An empty state."""
    opened = SqlState.open(state_url)
    yield opened
    opened.close()
