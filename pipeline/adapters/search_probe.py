"""What an Elasticsearch is and holds, found out by questions alone: `beatwatch doctor` asks, and nothing is made or changed.

Our index and searches need no module beyond the server itself. What a node lacks is still worth saying: people in Kibana
and whoever runs the cluster may miss it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """What was found. `lacking` holds names of `MODULES`, None where we may not ask; `version` likewise."""

    version: str | None
    nodes: int
    health: str
    lacking: tuple[str, ...] | None
    versions: tuple[IndexVersion, ...]


def probe(address: ElasticAddress) -> Server:
    """Ask. Raises `SearchError` where the server is away or refuses us."""
    with translated(address.url), client_of(address) as client:
        health = client.cluster.health()
        version, lacking = _nodes(client)
        return Server(
            version, int(health["number_of_nodes"]), str(health["status"]), lacking, _versions(client, address.prefix)
        )


def _nodes(client: Elasticsearch) -> tuple[str | None, tuple[str, ...] | None]:
    """The lowest version among the nodes, and what any of them lacks."""
    try:
        told = client.nodes.info(metric="plugins", filter_path=["nodes.*.version", "nodes.*.modules.name"])
    except ApiError as error:
        if error.meta.status not in (400, 403, 405, 410):  # a user without the right to; a service that hides its nodes
            raise
        return None, None
    nodes: list[dict[str, Any]] = list(told["nodes"].values())
    held = [{module["name"] for module in node.get("modules", ())} for node in nodes]
    lacking = tuple(name for name in MODULES if any(name not in names for names in held))
    return min((node["version"] for node in nodes), key=version_parts), lacking


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
