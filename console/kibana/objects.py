"""The definition as Kibana's saved objects, one a line of an import file. docs/kibana.md names the sources of their structure.

Ids come from the prefix of the indices and the names in the definition: importing again replaces what was there, and two
installations in one Kibana do not meet. Each object says under which version of its type it was written. These versions are
those that 8.17 and later read; a newer Kibana brings them up to date itself.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias

from console.kibana.definition import (
    FIELDS,
    GRID,
    Chart,
    Dashboard,
    Definition,
    Group,
    Listed,
    Measure,
    Panel,
    Search,
    View,
)

Object = dict[str, Any]
Type: TypeAlias = Literal["index-pattern", "search", "lens", "dashboard"]

CORE_VERSION = "8.8.0"
TYPE_VERSIONS: dict[Type, str] = {"index-pattern": "8.0.0", "search": "10.5.0", "lens": "8.9.0", "dashboard": "10.2.0"}
LAYER = "layer"
MEASURE = "measure"
RECORDS = "___records___"  # Lens's name for "documents, whatever their fields"
_DATA_TYPES = {"keyword": "string", "text": "string", "date": "date", "boolean": "boolean"}
_SERIES = {"columns": "bar_stacked", "bars": "bar_horizontal_stacked", "shares": "bar_horizontal_percentage_stacked"}


def saved_objects(definition: Definition, prefix: str) -> list[Object]:
    """What is imported, each object after those that it refers to."""
    return [
        *(_view(view, prefix) for view in definition.views),
        *(_search(search, definition.view(search.of), prefix) for search in definition.searches),
        *(_lens(chart, prefix) for chart in definition.dashboard.charts),
        _dashboard(definition.dashboard, prefix),
    ]


def ndjson(objects: Sequence[Object]) -> bytes:
    """The import file."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects).encode()


def _object(type_: Type, id_: str, attributes: Object, references: Sequence[Object]) -> Object:
    return {
        "type": type_, "id": id_, "attributes": attributes, "references": list(references), "managed": False,
        "coreMigrationVersion": CORE_VERSION, "typeMigrationVersion": TYPE_VERSIONS[type_],
    }  # fmt: skip


def _reference(name: str, type_: Type, id_: str) -> Object:
    return {"name": name, "type": type_, "id": id_}


def _text(value: object) -> str:
    """Kibana keeps what it does not search as JSON in a string."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _kuery(query: str) -> Object:
    return {"query": query, "language": "kuery"}


# --- data views, searches
def view_id(prefix: str, kind: str) -> str:
    """Id of the data view of a kind."""
    return f"{prefix}-view-{kind}"


def _view(view: View, prefix: str) -> Object:
    attributes: Object = {
        "title": f"{prefix}-{view.of}", "name": view.name, "fieldFormatMap": _text(_formats()),
        "fields": "[]", "fieldAttrs": "{}", "runtimeFieldMap": "{}", "sourceFilters": "[]", "allowHidden": False,
    }  # fmt: skip
    if view.time is not None:
        attributes["timeFieldName"] = view.time
    return _object("index-pattern", view_id(prefix, view.of), attributes, ())


def _formats() -> Object:
    """Addresses are links; scores have three places, as we show them elsewhere."""
    link = {"id": "url", "params": {"type": "a", "urlTemplate": "{{rawValue}}", "labelTemplate": "{{value}}"}}
    places = {"id": "number", "params": {"pattern": "0.000"}}
    return {
        name: form for name, form in {"url": link, "score": places, "probability": places}.items() if name in FIELDS
    }


def search_id(prefix: str, name: str) -> str:
    """Id of a saved search."""
    return f"{prefix}-search-{name}"


def _search(search: Search, view: View, prefix: str) -> Object:
    index = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {"query": _kuery(search.query), "filter": [], "indexRefName": index}
    attributes: Object = {
        "title": search.title, "description": search.answers, "columns": list(search.columns),
        "sort": [_order(name) for name in search.sort], "grid": {}, "hideChart": view.time is None,
        "isTextBasedQuery": False, "timeRestore": False, "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
    }  # fmt: skip
    if search.by is not None:
        attributes["breakdownField"] = search.by
    if search.span is not None:
        attributes |= {"timeRestore": True, "timeRange": {"from": f"now-{search.span}", "to": "now"}}
    found_in = _reference(index, "index-pattern", view_id(prefix, search.of))
    return _object("search", search_id(prefix, search.id), attributes, [found_in])


def _order(name: str) -> list[str]:
    return [name.removeprefix("-"), "desc" if name.startswith("-") else "asc"]


# --- panels
def chart_id(prefix: str, name: str) -> str:
    """Id of a panel that Lens draws."""
    return f"{prefix}-panel-{name}"


def _lens(chart: Chart, prefix: str) -> Object:
    columns = {group_id(number): _group(group) for number, group in enumerate(chart.by)}
    columns[MEASURE] = _measure(chart.measure)
    layer = {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1}
    attributes: Object = {
        "title": chart.title, "description": chart.answers, "visualizationType": _visualization(chart),
        "state": {
            "datasourceStates": {"formBased": {"layers": {LAYER: layer}}}, "visualization": _drawn(chart),
            "query": _kuery(chart.query), "filters": [], "internalReferences": [], "adHocDataViews": {},
        },
    }  # fmt: skip
    found_in = _reference(f"indexpattern-datasource-layer-{LAYER}", "index-pattern", view_id(prefix, chart.of))
    return _object("lens", chart_id(prefix, chart.id), attributes, [found_in])


def group_id(number: int) -> str:
    """Id of the column of the nth group, counted from 0."""
    return f"group-{number}"


def _group(group: Group) -> Object:
    column: Object = {"label": group.name, "customLabel": True, "sourceField": group.field, "isBucketed": True}
    if FIELDS[group.field] == "date":
        params: Object = {"interval": "1d", "includeEmptyRows": True, "dropPartials": False}
        return column | {"dataType": "date", "operationType": "date_histogram", "scale": "interval", "params": params}
    params = {
        "size": group.most, "orderBy": {"type": "column", "columnId": MEASURE}, "orderDirection": "desc",
        "otherBucket": False, "missingBucket": False, "parentFormat": {"id": "terms"}, "include": [], "exclude": [],
        "includeIsRegex": False, "excludeIsRegex": False,
    }  # fmt: skip
    data_type = _DATA_TYPES.get(FIELDS[group.field], "number")
    return column | {"dataType": data_type, "operationType": "terms", "scale": "ordinal", "params": params}


def _measure(measure: Measure) -> Object:
    function, field = measure.function
    operation = {"count": "count", "unique": "unique_count"}.get(function, function)
    params = {} if function == "max" else {"emptyAsNull": True}  # no bar where nothing was counted
    return {
        "label": measure.name, "customLabel": True, "dataType": "number", "operationType": operation, "isBucketed": False,
        "scale": "ratio", "sourceField": field or RECORDS, "params": params,
    }  # fmt: skip


def _visualization(chart: Chart) -> str:
    return {"table": "lnsDatatable", "number": "lnsMetric"}.get(chart.shape, "lnsXY")


def _drawn(chart: Chart) -> Object:
    groups = [group_id(number) for number in range(len(chart.by))]
    if chart.shape == "number":
        return {"layerId": LAYER, "layerType": "data", "metricAccessor": MEASURE}
    if chart.shape == "table":
        columns = [{"columnId": name} for name in (*groups, MEASURE)]
        return {
            "layerId": LAYER, "layerType": "data", "columns": columns, "sorting": {"columnId": MEASURE, "direction": "desc"},
            "paging": {"enabled": True, "size": 20},
        }  # fmt: skip
    series = _SERIES[chart.shape]
    layer: Object = {
        "layerId": LAYER, "layerType": "data", "seriesType": series, "accessors": [MEASURE], "xAccessor": groups[0],
    }  # fmt: skip
    if len(groups) > 1:
        layer["splitAccessor"] = groups[1]
    shown = {"x": True, "yLeft": True, "yRight": True}
    return {
        "preferredSeriesType": series, "layers": [layer], "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide", "fittingFunction": "None", "axisTitlesVisibilitySettings": shown | {"x": False},
        "tickLabelsVisibilitySettings": shown, "gridlinesVisibilitySettings": shown,
    }  # fmt: skip


# --- the dashboard
def dashboard_id(prefix: str, name: str) -> str:
    """Id of the dashboard."""
    return f"{prefix}-dashboard-{name}"


def _dashboard(dashboard: Dashboard, prefix: str) -> Object:
    panels: list[Object] = []
    references: list[Object] = []
    for panel, (x, y) in placed(dashboard.panels):
        type_, name, id_ = _shown(panel, prefix)
        grid = {"x": x, "y": y, "w": panel.width, "h": panel.height, "i": name}
        panels.append(
            {
                "type": type_, "gridData": grid, "panelIndex": name, "embeddableConfig": _config(panel),
                "panelRefName": f"panel_{name}",
            }
        )  # fmt: skip
        references.append(_reference(f"{name}:panel_{name}", type_, id_))
    options = {
        "useMargins": True,
        "syncColors": True,
        "syncCursor": True,
        "syncTooltips": False,
        "hidePanelTitles": False,
    }
    attributes = {
        "title": dashboard.title, "description": dashboard.answers, "version": 1, "panelsJSON": _text(panels),
        "optionsJSON": _text(options), "refreshInterval": {"pause": True, "value": 60_000},
        "kibanaSavedObjectMeta": {"searchSourceJSON": _text({"query": _kuery(""), "filter": []})},
        "timeRestore": True, "timeFrom": f"now-{dashboard.span}", "timeTo": "now",
    }  # fmt: skip
    return _object("dashboard", dashboard_id(prefix, dashboard.id), attributes, references)


def _config(panel: Panel) -> Object:
    config: Object = {"enhancements": {}}
    if isinstance(panel, Chart) and panel.span is not None:
        config["timeRange"] = {"from": f"now-{panel.span}", "to": "now"}
    return config


def _shown(panel: Panel, prefix: str) -> tuple[Type, str, str]:
    """(type, name on the dashboard, id) of what a panel shows."""
    if isinstance(panel, Listed):
        return "search", panel.search, search_id(prefix, panel.search)
    return "lens", panel.id, chart_id(prefix, panel.id)


def placed(panels: Sequence[Panel]) -> Iterator[tuple[Panel, tuple[int, int]]]:
    """Each panel with the column and row of its upper left corner; a row is as high as its highest panel."""
    x, y, highest = 0, 0, 0
    for panel in panels:
        if x + panel.width > GRID:
            x, y, highest = 0, y + highest, 0
        yield panel, (x, y)
        x, highest = x + panel.width, max(highest, panel.height)
