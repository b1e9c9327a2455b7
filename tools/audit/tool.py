"""Declaration of `audit_costs`. Light: the parsing libraries load in the worker only."""

from typing import Literal

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class AuditCosts(Arguments):
    """Arguments of `audit_costs`."""

    file: list[str] = Field(min_length=1, description="Bill or usage files (CSV, TSV, XLSX, JSON, Parquet); several make one bill")
    mapping: str = Field("", description='Column corrections, such as "cost=F,currency=INR" or "cost=Total USD"')
    basis: Literal["billed", "effective"] = Field("billed", description="Billed as invoiced, or effective with commitments spread")
    currency: str = Field("", description="Currency of amounts that state none (ISO code), or the one to convert to with a rate")
    rate: str = Field("", description='Exchange rates the user gives, such as "EUR=1.08" (value of one unit in the target currency)')
    engine: str = Field("duckdb", description="Query engine")


AUDIT_COSTS = ToolSpec(
    name="audit_costs",
    summary="Audit a cost or usage spreadsheet: exact total, what was counted, AI spend by service and model, findings",
    args=AuditCosts,
    runs="worker",
    entry="tools.audit.work:run",
    time_limit_s=300,
    memory_limit_mib=4096,
)
