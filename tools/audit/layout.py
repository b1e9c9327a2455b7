"""`Layout`: how one sheet is read: header, form, role of each column, confidence, decimal and date style. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tools.audit.cells import DateOrder, Style
from tools.audit.forms.form import Form, Inside
from tools.audit.reading.header import Header
from tools.audit.reading.sheet import Sheet

#: Every role a column can have, with the words a user may call it by (see mapping.py).
ROLES: dict[str, tuple[str, ...]] = {
    "billed": (
        "cost",
        "amount",
        "money",
        "billed",
        "total",
        "spend",
        "charge",
        "price",
        "costs",
        "amounts",
        "totalcost",
        "bill",
        "value",
        "expense",
        "paid",
        "kosten",
        "betrag",
        "coût",
        "montant",
        "importe",
        "coste",
        "custo",
        "valor",
        "importo",
        "costo",
    ),
    "effective": ("effective", "amortized", "amortised", "effectivecost"),
    "list": ("list", "listcost"),
    "currency": ("currency", "ccy"),
    "start": ("date", "start", "day", "month", "time", "dates", "timestamp", "period", "week", "startdate", "from", "datum", "fecha"),
    "end": ("end", "enddate", "until", "to"),
    "category": ("category", "chargetype", "type"),
    "service": ("service", "product", "name", "services", "tool"),
    "description": ("description", "sku", "item", "meter", "details", "lineitem"),
    "provider": ("provider", "vendor", "cloud", "supplier"),
    "region": ("region", "location"),
    "account": ("account", "project", "subscription"),
    "resource": ("resource", "instanceid", "resourceid"),
    "quantity": ("quantity", "usage", "qty", "hours", "count", "units"),
    "unit": ("unit",),
    "usage_type": ("usagetype",),
    "status": ("status", "finishreason", "error", "outcome"),
    "hardware": ("hardware", "instance", "instancetype", "gpu"),
    "model": ("model",),
    "token_type": ("tokentype",),
    "input_tokens": ("inputtokens", "input", "prompttokens", "tokensin"),
    "cached_tokens": ("cachedtokens", "cached"),
    "cache_write_tokens": ("cachewritetokens", "cachewrite"),
    "output_tokens": ("outputtokens", "output", "completiontokens", "tokensout"),
    "reasoning_tokens": ("reasoningtokens", "reasoning"),
    "requests": ("requests", "calls"),
    "environment": ("environment", "env", "stage"),
    "team": ("team", "owner", "costcenter", "costcentre", "department"),
    "workload": ("workload", "application", "app", "usecase", "feature"),
    "pricing": ("pricing", "pricingmodel"),
    "utilization": ("utilization", "utilisation", "gpuutil"),
    "tags": ("tags", "labels"),
}


@dataclass(frozen=True)
class Pivot:
    """Columns that are not roles but values of one: services, accounts or months across the top."""

    role: str  # "service", "account", "start" ...
    columns: tuple[tuple[int, str], ...]  # position, value


@dataclass(frozen=True)
class Layout:
    """One sheet's reading plan."""

    sheet: Sheet
    header: Header
    form: Form | None
    roles: Mapping[str, tuple[int, ...]]
    confidence: Mapping[int, float]  # by column position
    tags: tuple[tuple[int, str], ...] = ()  # position, tag name
    pivot: Pivot | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""  # for amounts that state none
    currency_from: str = ""  # where that is known from, in words
    style: Style = "dot"
    factor: Decimal = Decimal(1)  # what an amount of 1 is in the currency: 1000 where the sheet states thousands, 0.01 for cents
    date_order: DateOrder = ""
    typical_fill: int = 0
    has_rows: bool = True
    monthly_amounts: bool = False  # the cost column says "monthly": one month whatever the dates
    model_groups: tuple[tuple[int, tuple[int, ...]], ...] = ()  # model column -> its own output-token columns
    inside: Mapping[str, tuple[Inside, ...]] = field(default_factory=dict)  # role -> values inside JSON text of a cell
    before_tax: int | None = None  # of a guessed cost with tax: the column of the same amounts before it
    questions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def amortized(self) -> bool:
        """Whether the only cost of a recognised export is the effective one: what was invoiced is not in it."""
        return self.form is not None and "billed" in self.roles and self.roles["billed"] == self.roles.get("effective")

    @property
    def added(self) -> frozenset[str]:
        """Counts whose columns are parts that add up; of other counts the first column that is filled holds."""
        return frozenset((*self.form.adds, *(("cache_write_tokens",) if self.form.cached_apart else ()))) if self.form else frozenset()

    @property
    def form_id(self) -> str:
        """Name of the form for results: a recognised export, or what was inferred."""
        if self.form:
            return self.form.id
        if not self.has_money:
            return "token_log" if self.has_tokens else "unknown"
        if self.has_tokens:
            return "token_log_with_cost"
        inventory = "resource" in self.roles and "start" not in self.roles and "end" not in self.roles and not self.pivot
        return "resource_inventory" if inventory else "hand_made_sheet"

    @property
    def has_money(self) -> bool:
        """Whether any column is money."""
        return "billed" in self.roles or self.pivot is not None

    @property
    def has_tokens(self) -> bool:
        """Whether any column counts tokens, or the export is one of counts by design (requests, images, characters)."""
        if self.form and self.form.usage_only:
            return True
        stated = {*self.roles, *self.inside}
        return bool(stated & {"input_tokens", "output_tokens"}) or bool(self.model_groups)
