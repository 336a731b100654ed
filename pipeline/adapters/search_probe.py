"""What an Elasticsearch is and holds, found out by questions alone: `beatwatch doctor` asks, and nothing is made or changed.

Our index and searches need no module beyond the server itself. What a node lacks is still worth saying: people in Kibana
and whoever runs the cluster may miss it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, Elasticsearch

from pipeline.adapters import search_mappings as mappings
from pipeline.adapters.search_elastic import ElasticAddress, client_of, translated
from pipeline.records import DocumentKind

MODULES: Mapping[str, str] = {
    "rest-root": "its version at `GET /` (the nodes are asked instead)",
    "analysis-common": "analyzers of languages (only Kibana's searches in `headline` and `body` would use them)",
    "lang-painless": "scripts (only Kibana's scripted fields would use them)",
    "reindex": "copying and deleting by query (`beatwatch reindex` reads the state)",
    "x-pack-ilm": "lifecycle policies (`beatwatch reindex` replaces indices)",
    "x-pack-security": "users, keys and encryption (whoever reaches it can read and write everything)",
}
"""Of the full distribution, each with what is missed without it."""


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """What answers for one kind of document. `name` and `layout` are None where nothing was indexed yet; `left` names
    versions that no alias shows: a rebuild is under way, or was killed."""

    kind: DocumentKind
    name: str | None
    layout: int | None
    documents: int
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """What was found; None stands for what our user may not ask. `lacking` holds names of `MODULES`, `health` is green,
    yellow or red."""

    version: str | None
    nodes: int | None
    lacking: tuple[str, ...] | None
    health: str | None
    versions: tuple[IndexVersion, ...]


def probe(address: ElasticAddress) -> Server:
    """Ask. Raises `SearchError` where the server is away or refuses us."""
    with translated(address.url), client_of(address) as client:
        return Server(*_nodes(client), _health(client), _versions(client, address.prefix))


def _nodes(client: Elasticsearch) -> tuple[str | None, int | None, tuple[str, ...] | None]:
    """The lowest version among the nodes, how many there are, and what any of them lacks."""
    told = _allowed(
        lambda: client.nodes.info(metric="plugins", filter_path=["nodes.*.version", "nodes.*.modules.name"])
    )
    if told is None:
        return None, None, None
    nodes: list[dict[str, Any]] = list(told["nodes"].values())
    held = [{module["name"] for module in node.get("modules", ())} for node in nodes]
    lacking = tuple(name for name in MODULES if any(name not in names for names in held))
    return min((node["version"] for node in nodes), key=version_parts), len(nodes), lacking


def _health(client: Elasticsearch) -> str | None:
    told = _allowed(client.cluster.health)
    return None if told is None else str(told["status"])


def _allowed(ask: Callable[[], ObjectApiResponse[Any]]) -> ObjectApiResponse[Any] | None:
    """None to a user without the right to ask, and where a service hides its nodes."""
    try:
        return ask()
    except ApiError as error:
        if error.meta.status not in (400, 403, 405, 410):
            raise
        return None


def version_parts(version: str) -> tuple[int, ...]:
    """8.19.21 as numbers, without a word such as -SNAPSHOT."""
    return tuple(int(part) for part in version.partition("-")[0].split("."))


def _versions(client: Elasticsearch, prefix: str) -> tuple[IndexVersion, ...]:
    held = client.indices.get(index=f"{prefix}-*", features=["aliases", "mappings"]).body
    return tuple(_version(client, held, mappings.alias(prefix, kind), kind) for kind in mappings.KINDS)


def _version(client: Elasticsearch, held: Mapping[str, Any], alias: str, kind: DocumentKind) -> IndexVersion:
    own = sorted(name for name in held if name.startswith(f"{alias}-"))
    shown = next((name for name in own if alias in held[name]["aliases"]), None)
    if shown is None:
        return IndexVersion(kind, None, None, 0, tuple(own))
    layout = held[shown]["mappings"].get("_meta", {}).get("layout")
    documents = int(client.count(index=alias)["count"])
    return IndexVersion(kind, shown, layout, documents, tuple(name for name in own if name != shown))
