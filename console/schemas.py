"""docs/schemas: a JSON Schema for what each command prints with --json, and for the lines that it writes.

    python -m console.schemas        # write them anew

They are made from the records that the commands print, so they cannot say anything else; a test holds the files fresh
and validates real answers against them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from console import shapes
from console.commands.alerts import Outbox
from console.commands.backup import Backup
from console.commands.console import Serving
from console.commands.doctor import Health
from console.commands.export import Export
from console.commands.kibana import Asked, Brought, WrittenObjects
from console.commands.ledger import Ledger
from console.commands.restore import Restored
from console.commands.retain import Retention
from console.commands.search import Found
from console.commands.serve import Schedule
from console.commands.sources import Catalogue, Check
from console.commands.stories import Stories
from console.commands.story import StoryWhole
from console.commands.takedown import TakenDown
from console.commands.today import Today
from console.commands.trace import Trace
from console.commands.watch import Watched
from console.exported import ExportedArticle, ExportedEngagement, ExportedStory

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
ANSWERS: Mapping[str, type] = {
    "run": shapes.RunAnswer,
    "reindex": shapes.ReindexAnswer,
    "reprocess": shapes.ReprocessAnswer,
    "watch": Watched,
    "backup": Backup,
    "restore": Restored,
    "retain": Retention,
    "takedown": TakenDown,
    "serve": Schedule,
    "today": Today,
    "code": shapes.CodeAnswer,
    "code-line": shapes.CodedLine,
    "extract": shapes.ExtractAnswer,
    "extract-line": shapes.ExtractedLine,
    "cluster": shapes.ClusterAnswer,
    "cluster-line": shapes.ClusteredLine,
    "search": Found,
    "stories": Stories,
    "story": StoryWhole,
    "ledger": Ledger,
    "trace": Trace,
    "export": Export,
    "export-stories-line": ExportedStory,
    "export-articles-line": ExportedArticle,
    "export-engagements-line": ExportedEngagement,
    "sources-list": Catalogue,
    "sources-check": Check,
    "alerts-log": Outbox,
    "kibana-push": Brought,
    "kibana-export": WrittenObjects,
    "kibana-check": Asked,
    "evaluate": shapes.EvaluateAnswer,
    "console": Serving,
    "doctor": Health,
}
"""By name of the file: the command, with its subcommand; "-line" for a line of what it writes."""


def schema(name: str) -> dict[str, Any]:
    """The schema of an answer: every field is there, and no other."""
    made = TypeAdapter(ANSWERS[name]).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_closed(made)}


def _closed(node: Any) -> Any:
    """Objects with named fields have all of them (records are written whole) and nothing else."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _closed(value) for key, value in node.items()}
    properties = made.get("properties")
    if made.get("type") == "object" and isinstance(properties, dict):
        made |= {"required": list(properties), "additionalProperties": False}
        for value in properties.values():
            value.pop("default", None)
    return made


def text(name: str) -> str:
    """The file of a schema."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files, and take away those of answers that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.stem not in ANSWERS:
            path.unlink()
    for name in ANSWERS:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
