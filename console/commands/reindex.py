"""`beatwatch reindex`: the search index anew, from the state."""

from pathlib import Path

import click

from console.options import data_option, json_option
from console.output import answer, count, say
from console.progress import progress_bars
from console.shapes import ReindexAnswer
from pipeline.wiring import data_path, opened


@click.command("reindex")
@data_option
@json_option
def command(data: Path | None, as_json: bool) -> None:
    """Build the search index anew from the state.

    The present index answers until the new one takes its place in one step; what changes meanwhile is brought in
    afterwards. Needed when a new version of beatwatch says so, or when the index was lost.
    """
    from pipeline.index import build_anew, catch_up

    path = data_path(data)
    with opened(path) as kept, progress_bars(quiet=as_json) as progress:
        documents = build_anew(kept.state, kept.index, progress)
        catch_up(kept.state, kept.index, progress)
        refused = sum(one.stage == "index" for one in kept.state.quarantine())
    if as_json:
        answer(ReindexAnswer(documents, refused))
    else:
        say(f"{count(documents, 'document')} indexed, {refused} refused")
