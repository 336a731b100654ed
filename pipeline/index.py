"""Bringing the search index up to what the state says: what waits in the outbox, or everything anew.

Only the holder of the lease indexes: whoever builds anew must not lose what another process writes into the index that is
about to be replaced. Rows that another process leaves meanwhile stay in the outbox, and the holder comes to them.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from pipeline.errors import StateError
from pipeline.hold import holding
from pipeline.ports import Progress, SearchIndex, State
from pipeline.records import SearchDocument

BATCH = 200
LEASE = "index"
LEASE_SECONDS = 120.0
"""Far longer than one batch takes; a holder that was killed is waited for no longer than this."""


def catch_up(state: State, index: SearchIndex, progress: Progress) -> int:
    """Write everything that waits into the index; returns how many documents were written, 0 while another process
    is at it."""
    written, total = 0, state.outbox_size()
    with holding(state, LEASE, seconds=LEASE_SECONDS) as hold:
        while hold() and (rows := state.claim_outbox(BATCH)):
            documents = [state.search_document(kind, id_) for kind, id_ in rows]
            refused = index.write(documents)
            indexed = [(kind, id_, d.row_version) for (kind, id_), d in zip(rows, documents, strict=True)]
            state.settle_outbox(indexed, refused)
            written += len(rows)
            progress("index", written, max(total, written))
    if written:
        index.refresh()
    return written


def build_anew(state: State, index: SearchIndex, progress: Progress) -> int:
    """Put an index made of the whole state in the place of the present one, which answers until then; returns how many
    documents it was made of. What changes meanwhile waits in the outbox. Raises `StateError` while another process
    is indexing."""
    done = 0

    def batches() -> Iterator[Sequence[SearchDocument]]:
        nonlocal done
        ids = (document for document in state.documents() if document[0] in index.kinds)
        while batch := list(islice(ids, BATCH)):
            if not hold():
                raise StateError("another process took over the search index: run `beatwatch reindex` again")
            yield [state.search_document(kind, id_) for kind, id_ in batch]
            done += len(batch)
            progress("index", done, None)

    with holding(state, LEASE, seconds=LEASE_SECONDS) as hold:
        if not hold():
            raise StateError("another process is indexing: wait until it ends and run `beatwatch reindex` again")
        state.set_aside(index.rebuild(batches()))
    return done
