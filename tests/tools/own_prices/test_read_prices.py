"""What is promised of price files and what carries them: read as a whole or not, kept by conversation, the same in every worker."""

from decimal import Decimal
from pathlib import Path

import pytest

from knowledge.errors import UserError
from knowledge.own_prices import OwnMachinePrice, OwnPrices
from knowledge.source import Tier
from tools.contracts.tool import Session, ToolContext
from tools.contracts.workload import Workload
from tools.jobs.inline import run_inline
from tools.jobs.message import SessionMessage
from tools.own_prices.tool import READ_PRICES
from tools.planning.list_price import list_price
from tools.registry import STEPS, TOOLS, tool
from tools.store.store import Store

PRICES = "machine,accelerator,model,on_demand_per_hour,input_per_million\np5.48xlarge,,,40,\n,L4,,0.5,\n,,gpt-4o,,2\n"


def read(folder: Path, *files: Path) -> dict[str, object]:
    result = run_inline(READ_PRICES, READ_PRICES.args.model_validate({"file": [str(f) for f in files]}), ToolContext(out_dir=folder))
    assert not any(ch.isdigit() for ch in result.statements[0].text.replace("{count0}", "").replace("{file0}", ""))
    assert {e.tier for e in result.evidence} == {Tier.STATED}
    return result.result


def test_it_is_a_step_and_not_one_of_the_fixed_tools() -> None:
    assert tool("read_prices") is READ_PRICES in STEPS
    assert READ_PRICES not in TOOLS and READ_PRICES.runs == "worker"


def test_all_files_are_read_or_none(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(PRICES)
    bad.write_text(PRICES.replace("40", "-40"))
    found = OwnPrices.model_validate(read(tmp_path, good)["prices"])
    assert len(found.machines) == 2 and len(found.tokens) == 1
    with pytest.raises(UserError) as caught:
        read(tmp_path, good, bad)
    assert caught.value.code == "price-file-invalid" and str(tmp_path) not in caught.value.message


def test_prices_reach_a_worker_exactly(tmp_path: Path) -> None:
    own = OwnPrices(machines=(OwnMachinePrice.model_validate({"file": "p.csv", "line": 2, "accelerator": "L4", "on_demand": "0.10"}),))
    sent = SessionMessage.of(Session(own_prices=own)).model_dump_json()
    back = SessionMessage.model_validate_json(sent).session().own_prices
    assert back == own and str(back.machines[0].on_demand) == "0.10"


def test_every_session_has_the_prices_that_frugal_was_started_with(tmp_path: Path) -> None:
    own = OwnPrices(machines=(OwnMachinePrice.model_validate({"file": "p.csv", "line": 2, "accelerator": "L4", "on_demand": "0.10"}),))
    store = Store.open(tmp_path / "frugal.db", own)
    try:
        chat = store.create_conversation("ada").id
        assert store.session("ada", chat).own_prices == own
    finally:
        store.close()


def test_a_plan_rests_on_the_users_price_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(PRICES)
    own = OwnPrices.model_validate(read(tmp_path, file)["prices"])
    fleet = Workload(hardware="p5.48xlarge", gpu_count=8)
    listed, mine = list_price("fleet", fleet), list_price("fleet", fleet, own)
    assert listed is not None and mine is not None
    assert (listed.monthly.likely, mine.monthly.likely) == (Decimal("55.04") * 730, Decimal(40) * 730)
    assert (listed.is_own, mine.is_own, mine.is_old) == (False, True, False)
    assert mine.evidence.source.ref == "ours.csv, line 2" and "your own price" not in listed.evidence.claim
    api = Workload(model="gpt-4o", requests_per_month=1000, input_tokens=1000, output_tokens=1000)
    priced = list_price("api", api, own)
    assert priced is not None and priced.monthly.likely == Decimal("12.0000")  # 2.00 stated, 10.00 of the list
    assert priced.evidence.inputs["input_price_from"] == "ours.csv, line 4"
