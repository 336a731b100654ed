"""The system of record on SQL: `pipeline.ports.State`, one module for each group of its methods.

The groups are mix-ins over one `Database` (connection, transactions, errors) and call each other only through functions
on an open transaction, never through `self`: each can be read by itself.
"""

from pipeline.adapters.state.alerts import Alerts
from pipeline.adapters.state.articles import Articles
from pipeline.adapters.state.clearing import Clearing
from pipeline.adapters.state.gathering import Gathering
from pipeline.adapters.state.leases import Leases
from pipeline.adapters.state.outbox import Outbox
from pipeline.adapters.state.results import Results
from pipeline.adapters.state.retaining import Retaining
from pipeline.adapters.state.runs import Runs
from pipeline.adapters.state.snapshot import Snapshots
from pipeline.adapters.state.stories import Stories
from pipeline.adapters.state.takedowns import Takedowns


class SqlState(
    Runs, Gathering, Articles, Results, Stories, Alerts, Outbox, Leases, Snapshots, Takedowns, Retaining, Clearing
):
    """The state in one SQL database; `SqlState.open("sqlite:////folder/state.db")`."""
