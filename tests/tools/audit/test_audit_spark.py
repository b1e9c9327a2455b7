"""Promise to whoever keeps the bill in a lakehouse: Spark's audit is DuckDB's, figure for figure. Starts a real local Spark session."""

import importlib.util
import os
import shutil
from decimal import Decimal

import pytest
from elsewhere import audited, compared, text_bill, typed_bill

_JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed (requirements-spark.txt)"),
    pytest.mark.skipif(not _JAVA, reason="no Java here; Spark needs 17 or newer"),
]
#: A machine in another time zone, so that only the session's own zone can make the days right.
SPARK = (
    "pyspark://?spark.master=local[2]&spark.driver.memory=1g&spark.ui.enabled=false&spark.sql.shuffle.partitions=4"
    "&spark.driver.extraJavaOptions=-Duser.timezone=America/New_York&spark.driver.bindAddress=127.0.0.1&spark.driver.host=127.0.0.1"
)
ROWS = 50_000


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # Spark makes folders where it stands


@pytest.mark.parametrize("basis", ["billed", "effective"])
def test_text_columns_with_odd_cells(tmp_path, basis):
    file = text_bill(tmp_path, ROWS)
    there, here = (audited(str(file), tmp_path / "out", basis=basis, **more) for more in ({"engine": SPARK}, {}))
    assert compared(there) == compared(here)
    assert there.result["rows_read"] == ROWS and there.result["rows_unknown"] > 0


@pytest.mark.parametrize("basis", ["billed", "effective"])
def test_typed_columns(tmp_path, basis):
    file, total = typed_bill(tmp_path, ROWS)
    there, here = (audited(str(file), tmp_path / "out", basis=basis, **more) for more in ({"engine": SPARK}, {}))
    assert compared(there) == compared(here)
    if basis == "billed":
        assert Decimal(there.result["total_text"]) == total
    assert {"nights-and-weekends", "month-end-forecast"} <= {finding["rule"] for finding in there.result["findings"]}
    assert there.result["environments"] and there.result["teams"]  # from the map


def test_a_folder_is_one_table(tmp_path):
    import duckdb

    file, total = typed_bill(tmp_path, ROWS)
    duckdb.sql(f"copy (select *, RegionId as part from '{file}') to '{tmp_path}/parts' (format parquet, partition_by (part))")
    assert Decimal(audited(f"{tmp_path}/parts", tmp_path / "out", engine=SPARK).result["total_text"]) == total


def test_what_spark_cannot_open_is_named(tmp_path):
    from knowledge.errors import UserError

    with pytest.raises(UserError) as caught:
        audited("table:nothing", tmp_path, engine=SPARK)
    assert caught.value.code == "engine-table-missing" and "TableNotFound" in caught.value.message
