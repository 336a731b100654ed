"""How Kibana 8.19 says its saved objects look, in our own words: strict models of what we use of them, nothing more.

Read from elastic/kibana: the attributes' schemas that each type checks an import with (search: `schema_legacy.ts`, dashboard:
`schema/v1` and `v2`; index-pattern and lens have none and are read from their types), Lens's layers and columns
(`form_based/types.ts` and `operations/definitions`) and its charts' states. docs/kibana.md lists the paths. Where Kibana
leaves a value open, these models say which values it draws.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Json, TypeAdapter, model_validator

Versions = {"index-pattern": "8.0.0", "search": "10.5.0", "lens": "8.9.0", "dashboard": "10.2.0"}


class Exact(BaseModel):
    """Nothing is read as something else, and nothing unknown is let through."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Reference(Exact):
    """A saved object that another one needs; `name` is how that one calls it."""

    name: str
    type: Literal["index-pattern", "search", "lens"]
    id: str


class Kuery(Exact):
    """A query in KQL."""

    query: str
    language: Literal["kuery"]


class TimeRange(Exact):
    """Date arithmetic."""

    from_: str = Field(alias="from", pattern="^now-")
    to: Literal["now"]


# --- data views
class Format(Exact):
    """How the values of a field are shown."""

    id: Literal["url", "number"]
    params: dict[str, str]


class DataViewAttributes(Exact):
    """`title` is the pattern of index names; fields are found by Kibana itself where the list is empty."""

    title: str
    name: str
    timeFieldName: str | None = None
    fields: Json[list[Any]]
    fieldAttrs: Json[dict[str, Any]]
    fieldFormatMap: Json[dict[str, Format]]
    runtimeFieldMap: Json[dict[str, Any]]
    sourceFilters: Json[list[Any]]
    allowHidden: bool


# --- saved searches
class IndexedSource(Exact):
    """The query of a saved search, with the name of its reference to a data view."""

    query: Kuery
    filter: list[Any]
    indexRefName: Literal["kibanaSavedObjectMeta.searchSourceJSON.index"]


class SearchMeta(Exact):
    """Where it is kept."""

    searchSourceJSON: Json[IndexedSource]


class SearchAttributes(Exact):
    """A saved search of model version 5."""

    title: str
    description: str
    columns: list[str]
    sort: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    grid: dict[str, Any]
    hideChart: bool
    isTextBasedQuery: Literal[False]
    kibanaSavedObjectMeta: SearchMeta
    breakdownField: str | None = None
    timeRestore: bool
    timeRange: TimeRange | None = None

    @model_validator(mode="after")
    def _restored(self) -> Self:
        assert self.timeRestore == (self.timeRange is not None)
        assert all(order in ("asc", "desc") for _, order in self.sort)
        return self


# --- Lens
class Column(Exact):
    """What buckets and measures have in common."""

    label: str
    customLabel: Literal[True]
    sourceField: str
    isBucketed: bool


class OrderBy(Exact):
    """The column by whose values groups are ordered."""

    type: Literal["column"]
    columnId: str


class ParentFormat(Exact):
    """How the groups of one field are told."""

    id: Literal["terms"]


class TermsParams(Exact):
    """The most frequent values."""

    size: Annotated[int, Field(ge=1, le=1000)]
    orderBy: OrderBy
    orderDirection: Literal["asc", "desc"]
    otherBucket: bool
    missingBucket: bool
    parentFormat: ParentFormat
    include: list[str]
    exclude: list[str]
    includeIsRegex: bool
    excludeIsRegex: bool


class Terms(Column):
    """Groups by value."""

    operationType: Literal["terms"]
    isBucketed: Literal[True]
    dataType: Literal["string", "number", "boolean"]
    scale: Literal["ordinal"]
    params: TermsParams


class DateParams(Exact):
    """Spans of time."""

    interval: Literal["auto", "1d"]
    includeEmptyRows: bool
    dropPartials: bool


class DateHistogram(Column):
    """Groups by spans of time."""

    operationType: Literal["date_histogram"]
    isBucketed: Literal[True]
    dataType: Literal["date"]
    scale: Literal["interval"]
    params: DateParams


class MeasureParams(Exact):
    """Whether nothing is shown where nothing was found."""

    emptyAsNull: bool = False


class Metric(Column):
    """A number for each group."""

    operationType: Literal["count", "sum", "max", "unique_count"]
    isBucketed: Literal[False]
    dataType: Literal["number"]
    scale: Literal["ratio"]
    params: MeasureParams

    @model_validator(mode="after")
    def _of_records(self) -> Self:
        assert (self.operationType == "count") == (self.sourceField == "___records___")
        return self


AnyColumn = Annotated[Terms | DateHistogram | Metric, Field(discriminator="operationType")]


class Layer(Exact):
    """Columns in the order in which groups are nested, measures last."""

    columns: dict[str, AnyColumn]
    columnOrder: list[str]
    incompleteColumns: dict[str, Any]
    sampling: Literal[1]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        assert sorted(self.columnOrder) == sorted(self.columns)
        bucketed = [self.columns[name].isBucketed for name in self.columnOrder]
        assert bucketed == sorted(bucketed, reverse=True)
        for column in self.columns.values():
            if isinstance(column, Terms):
                assert isinstance(self.columns[column.params.orderBy.columnId], Metric)
        return self


class Layers(Exact):
    """Layers by id."""

    layers: dict[str, Layer]


class DatasourceStates(Exact):
    """The state of Lens's form."""

    formBased: Layers


class Legend(Exact):
    """Where the legend stands."""

    isVisible: bool
    position: Literal["right", "left", "top", "bottom"]


class Axes(Exact):
    """What is shown of axes."""

    x: bool
    yLeft: bool
    yRight: bool


SeriesType = Literal["bar_stacked", "bar_horizontal_stacked", "bar_horizontal_percentage_stacked"]


class XYLayer(Exact):
    """Bars over one layer of data."""

    layerId: str
    layerType: Literal["data"]
    seriesType: SeriesType
    accessors: list[str]
    xAccessor: str
    splitAccessor: str | None = None


class XY(Exact):
    """Charts with axes."""

    preferredSeriesType: SeriesType
    layers: Annotated[list[XYLayer], Field(min_length=1)]
    legend: Legend
    valueLabels: Literal["hide", "show"]
    fittingFunction: Literal["None"]
    axisTitlesVisibilitySettings: Axes
    tickLabelsVisibilitySettings: Axes
    gridlinesVisibilitySettings: Axes

    def used(self) -> set[tuple[str, str]]:
        """(layer, column) pairs that are drawn."""
        named = ((layer, (*layer.accessors, layer.xAccessor, layer.splitAccessor)) for layer in self.layers)
        return {(layer.layerId, name) for layer, names in named for name in names if name is not None}


class TableColumn(Exact):
    """A column of the table."""

    columnId: str


class Sorting(Exact):
    """The column by which a table is sorted."""

    columnId: str
    direction: Literal["asc", "desc"]


class Paging(Exact):
    """Rows a page."""

    enabled: bool
    size: int


class Datatable(Exact):
    """A table."""

    layerId: str
    layerType: Literal["data"]
    columns: list[TableColumn]
    sorting: Sorting
    paging: Paging

    def used(self) -> set[tuple[str, str]]:
        """(layer, column) pairs that are shown."""
        return {(self.layerId, name) for name in (*(column.columnId for column in self.columns), self.sorting.columnId)}


class Number(Exact):
    """One number."""

    layerId: str
    layerType: Literal["data"]
    metricAccessor: str

    def used(self) -> set[tuple[str, str]]:
        """(layer, column) pairs that are shown."""
        return {(self.layerId, self.metricAccessor)}


DRAWN: dict[str, type[XY | Datatable | Number]] = {"lnsXY": XY, "lnsDatatable": Datatable, "lnsMetric": Number}


class LensState(Exact):
    """Data and drawing."""

    datasourceStates: DatasourceStates
    visualization: dict[str, Any]
    query: Kuery
    filters: list[Any]
    internalReferences: list[Any]
    adHocDataViews: dict[str, Any]


class LensAttributes(Exact):
    """A chart: every column of its layers is drawn, and nothing else is."""

    title: str
    description: str
    visualizationType: Literal["lnsXY", "lnsDatatable", "lnsMetric"]
    state: LensState

    @model_validator(mode="after")
    def _drawn(self) -> Self:
        drawn = DRAWN[self.visualizationType].model_validate(self.state.visualization)
        layers = self.state.datasourceStates.formBased.layers
        assert drawn.used() == {(name, column) for name, layer in layers.items() for column in layer.columns}
        return self


# --- dashboards
class GridData(Exact):
    """A panel's place: 48 columns, any number of rows."""

    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]
    w: Annotated[int, Field(ge=1)]
    h: Annotated[int, Field(ge=1)]
    i: str

    @model_validator(mode="after")
    def _inside(self) -> Self:
        assert self.x + self.w <= 48
        return self


class PanelConfig(Exact):
    """What the dashboard changes of a panel."""

    enhancements: dict[str, Any]
    timeRange: TimeRange | None = None


class SavedPanel(Exact):
    """A panel that shows a saved object."""

    type: Literal["lens", "search"]
    gridData: GridData
    panelIndex: str
    embeddableConfig: PanelConfig
    panelRefName: str

    @model_validator(mode="after")
    def _named(self) -> Self:
        assert self.gridData.i == self.panelIndex
        return self


class DashboardOptions(Exact):
    """Switches of the dashboard."""

    useMargins: bool
    syncColors: bool
    syncCursor: bool
    syncTooltips: bool
    hidePanelTitles: bool


class DashboardSource(Exact):
    """Query and filters over all panels."""

    query: Kuery
    filter: list[Any]


class DashboardMeta(Exact):
    """Where they are kept."""

    searchSourceJSON: Json[DashboardSource]


class RefreshInterval(Exact):
    """Milliseconds between two refreshes."""

    pause: bool
    value: int


class DashboardAttributes(Exact):
    """A dashboard of model version 2."""

    title: str
    description: str
    panelsJSON: Json[list[SavedPanel]]
    optionsJSON: Json[DashboardOptions]
    kibanaSavedObjectMeta: DashboardMeta
    version: Literal[1]
    timeRestore: Literal[True]
    timeFrom: str
    timeTo: Literal["now"]
    refreshInterval: RefreshInterval


# --- the lines of an import file
class SavedObject(Exact):
    """What every line has."""

    type: str
    id: str
    references: list[Reference]
    managed: Literal[False]
    coreMigrationVersion: Literal["8.8.0"]
    typeMigrationVersion: str

    @model_validator(mode="after")
    def _of_its_version(self) -> Self:
        assert self.typeMigrationVersion == Versions[self.type]
        return self


class DataView(SavedObject):
    """A data view needs nothing."""

    type: Literal["index-pattern"]
    attributes: DataViewAttributes
    references: Annotated[list[Reference], Field(max_length=0)]


class SavedSearch(SavedObject):
    """A saved search needs its data view, under the name in its source."""

    type: Literal["search"]
    attributes: SearchAttributes

    @model_validator(mode="after")
    def _referring(self) -> Self:
        name = self.attributes.kibanaSavedObjectMeta.searchSourceJSON.indexRefName
        assert [(one.name, one.type) for one in self.references] == [(name, "index-pattern")]
        return self


class Lens(SavedObject):
    """A chart needs a data view for each of its layers."""

    type: Literal["lens"]
    attributes: LensAttributes

    @model_validator(mode="after")
    def _referring(self) -> Self:
        layers = self.attributes.state.datasourceStates.formBased.layers
        names = [f"indexpattern-datasource-layer-{layer}" for layer in layers]
        assert [(one.name, one.type) for one in self.references] == [(name, "index-pattern") for name in names]
        return self


class SavedDashboard(SavedObject):
    """A dashboard needs what its panels show, each under the panel's index and the name in the panel."""

    type: Literal["dashboard"]
    attributes: DashboardAttributes

    @model_validator(mode="after")
    def _referring(self) -> Self:
        panels = [(f"{one.panelIndex}:{one.panelRefName}", one.type) for one in self.attributes.panelsJSON]
        assert [(one.name, one.type) for one in self.references] == panels
        return self


Line = Annotated[DataView | SavedSearch | Lens | SavedDashboard, Field(discriminator="type")]
LINE: TypeAdapter[Line] = TypeAdapter(Line)
