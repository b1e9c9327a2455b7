"""Declaration of `audit_costs`. Light: the parsing libraries load in the worker only.

An engine's URL may hold credentials: whatever is stored, shown or logged of the arguments is their JSON form, which masks them.
"""

import re
from typing import Literal

from pydantic import Field, field_serializer

from tools.contracts.tool import Arguments, ToolSpec


class AuditCosts(Arguments):
    """Arguments of `audit_costs`."""

    file: list[str] = Field(min_length=1, description="Bill or usage files (CSV, TSV, XLSX, JSON, Parquet); several make one bill")
    mapping: str = Field("", description='Column corrections, such as "cost=F,currency=INR" or "cost=Total USD"')
    basis: Literal["billed", "effective"] = Field("billed", description="Billed as invoiced, or effective with commitments spread")
    currency: str = Field("", description="Currency of amounts that state none (ISO code), or the one to convert to with a rate")
    rate: str = Field("", description='Exchange rates the user gives, such as "EUR=1.08" (value of one unit in the target currency)')
    engine: str = Field(
        "duckdb",
        description="Where the data lies, as an Ibis URL (pyspark://, databricks://, snowflake://, bigquery://, duckdb:///FILE); "
        "--file then names a table there (table:NAME). On the command line only",
    )

    @property
    def needs_network(self) -> bool:
        """Every engine but the embedded one."""
        return self.engine != "duckdb"

    @field_serializer("engine", when_used="json")
    def _mask_engine(self, engine: str) -> str:
        return masked(engine)

    @field_serializer("file", when_used="json")
    def _mask_files(self, file: list[str]) -> list[str]:
        return [masked(name) if "://" in name else name for name in file]


def masked(url: str) -> str:
    """The URL without what may be secret: account and password, and every option."""
    scheme, sign, rest = url.partition("://")
    if not sign or not re.fullmatch(r"\w[\w+.-]*", scheme):
        return url if re.fullmatch(r"\w+", url) else "***"
    head, at, tail = rest.rpartition("@")
    place, question, _ = tail.partition("?")
    if "?" in head or "#" in tail or re.search(r":(?!\d+(/|$))", place):
        return f"{scheme}://***"  # not plain where the secret begins and ends
    return f"{scheme}://{'***@' if at else ''}{place}{'?***' if question else ''}"


AUDIT_COSTS = ToolSpec(
    name="audit_costs",
    summary="Audit a cost or usage spreadsheet: exact total, what was counted, AI spend by service and model, findings",
    args=AuditCosts,
    runs="worker",
    entry="tools.audit.work:run",
    time_limit_s=300,
    memory_limit_mib=4096,
)
