"""Promise to the platform engineer: machines that waste money are named with hours, money and an honest interval; near misses are not."""

from decimal import Decimal

import pytest

from knowledge.catalog import accelerator, instance, model
from tests.tools.audit.findings_infra_bill import findings, frame, line, machine, month, saving
from tools.audit.findings.rule import effect_of


def cents(value) -> float:
    return round(float(value), 2)


def test_idle_accelerator_is_found_at_a_tenth_and_not_above(tmp_path):
    bill = [*frame(), *month("24", resource="i-idle", utilization="0.10"), *month("24", resource="i-works", utilization="0.11")]
    [found] = findings(bill, tmp_path, "idle-accelerator")
    assert (found["detail"], found["amount"], found["rows"]) == ("i-idle", 720.0, 30)
    assert saving(found) == (360.0, 648.0, 720.0)
    assert found["saving_tier"] == "assumed"
    assert found["note"] == "busy 10.0 % of the paid time"
    assert found["row_numbers"][:2] == [4, 5]


def test_idle_endpoint_needs_a_count_of_requests_that_is_nearly_nothing(tmp_path):
    facts = {"service": "Amazon SageMaker", "hardware": "ml.g5.xlarge"}
    idle = month("12", resource="endpoint/quiet", requests="0", **facts)
    idle[3]["requests"] = "29"
    busy = month("12", resource="endpoint/daily", requests="1", **facts)
    silent = month("12", resource="endpoint/not-counted", **facts)
    [found] = findings([*frame(), *idle, *busy, *silent], tmp_path, "idle-endpoint")
    assert (found["detail"], found["amount"], found["rows"]) == ("endpoint/quiet", 360.0, 30)
    assert saving(found) == (216.0, 342.0, 360.0)
    assert found["note"] == "29 requests in 720 paid hours"


def test_development_machine_at_half_of_all_hours_runs_like_production(tmp_path):
    bill = [
        *frame(),
        *month("24", resource="i-dev", environment="dev"),
        *month("12", hours=11.9, resource="i-dev-daytime", environment="dev"),
        *month("24", resource="i-prod", environment="prod"),
    ]
    [found] = findings(bill, tmp_path, "dev-runs-like-prod")
    assert (found["detail"], found["amount"], found["rows"]) == ("i-dev (dev)", 720.0, 30)
    assert saving(found) == (180.0, cents(720 * 0.702), cents(720 * 0.762))
    assert found["note"] == "billed 720 of 720 hours"


def test_nights_and_weekends_follow_the_hours_of_the_file(tmp_path):
    week = [(day, hour) for day in range(7) for hour in range(24)]  # a Tuesday to a Monday: 60 night hours and a weekend of 48
    office = [(day, hour) for day, hour in week if 8 <= hour < 20 and day not in (4, 5)]
    bill = [
        *(machine(1, 1, day, hour=hour, resource="i-dev", environment="dev") for day, hour in week),
        *(machine(1, 1, day, hour=hour, resource="chat-api", environment="prod") for day, hour in week),
        *(machine(1, 1, day, hour=hour, resource="i-dev-daytime", environment="dev") for day, hour in office),
        *(machine(1, 1, day, hour=hour, resource="i-physics", environment="prod") for day, hour in week),
    ]
    found = {entry["detail"]: entry for entry in findings(bill, tmp_path, "nights-and-weekends")}
    assert set(found) == {"i-dev", "chat-api"}
    assert (found["i-dev"]["amount"], found["i-dev"]["rows"]) == (108.0, 108)
    assert saving(found["i-dev"]) == (54.0, 91.8, 102.6)
    assert saving(found["chat-api"]) == (0.0, 32.4, 86.4)
    assert found["i-dev"]["note"].startswith("64 % of its cost")


def test_weekends_are_judged_from_days_where_no_hours_are_stated(tmp_path):
    flat = month("10", days=14, resource="i-dev", environment="dev")
    quieter = [machine("7.9" if day in (4, 5, 11, 12) else "10", 24, day, resource="i-dev-less", environment="dev") for day in range(14)]
    [found] = findings([*frame(), *flat, *quieter], tmp_path, "weekends")
    assert (found["detail"], found["amount"], found["rows"]) == ("i-dev", 40.0, 4)
    assert saving(found) == (20.0, 36.0, 40.0)
    assert found["note"] == "10.00 on a weekend day, 10.00 on a working day, over 4 weekend days"
    assert findings([*frame(), *flat[:11]], tmp_path, "weekends") == []


def test_around_the_clock_means_95_percent_of_all_hours(tmp_path):
    bill = [
        *frame(),
        *month("24", hours=22.8, resource="i-always"),
        *month("24", hours=22.7, resource="i-nearly"),
        *month("24", resource="i-committed", pricing="Committed"),
        *month("24", resource="i-busy", utilization="0.6"),
    ]
    [found] = findings(bill, tmp_path, "always-on")
    assert (found["detail"], found["amount"], found["rows"]) == ("i-always", 720.0, 30)
    assert saving(found) == (0.0, 216.0, 460.8)
    assert found["note"] == "billed 684 of 720 hours"


@pytest.mark.parametrize("unit", ["GPU-Hours", "100 Hours", "vCPU-Hours", ""])
def test_hours_of_something_else_are_no_machine_hours(tmp_path, unit):
    assert findings([*frame(), *month("24", resource="i-a", unit=unit)], tmp_path, "always-on") == []


def test_low_utilization_is_ten_to_forty_percent(tmp_path):
    bill = [
        *frame(),
        *month("24", resource="i-quarter", utilization="0.25"),
        *month("24", resource="i-more", utilization="0.41"),
        *month("24", resource="i-idle", utilization="0.10"),
    ]
    [found] = findings(bill, tmp_path, "low-utilization")
    assert (found["detail"], found["amount"]) == ("i-quarter", 720.0)
    assert saving(found) == (0.0, 420.0, 480.0)


def test_a_smaller_size_is_named_with_its_catalogue_price(tmp_path):
    bill = [
        *frame(),
        *month("390", resource="i-eight", hardware="g5.48xlarge", utilization="0.2"),
        *month("390", resource="i-half-busy", hardware="g5.48xlarge", utilization="0.5"),
        *month("24", resource="i-one", hardware="g5.xlarge", utilization="0.2"),
    ]
    [found] = findings(bill, tmp_path, "idle-accelerators-in-a-node")
    share = 1 - instance("g5.12xlarge").prices[0].on_demand / instance("g5.48xlarge").prices[0].on_demand
    assert (found["detail"], found["amount"]) == ("i-eight", 11700.0)
    assert saving(found) == (0.0, cents(share * 11700), cents(share * 11700))
    assert found["saving_tier"] == "catalogue"
    assert found["note"].startswith("8 accelerators, busy 20.0 % of the time: as if 6.4 of them stood idle")
    assert "checked 20" in found["why"]


def test_few_tokens_bound_the_busy_time_from_above(tmp_path):
    facts = {"hardware": "g6.xlarge", "model": "llama-3.1-8b"}
    bill = [
        *frame(),
        *month("20", resource="i-few", input_tokens="200000", output_tokens="100000", **facts),
        *month("20", resource="i-many", input_tokens="200000", output_tokens="400000", **facts),
        *month("20", resource="i-not-counted", **facts),
    ]
    [found] = findings(bill, tmp_path, "few-tokens-for-the-hours")
    chip, shape = accelerator("L4"), model("llama-3.1-8b")
    seconds = 2 * (3e6 * shape.params_b * 2 / chip.bandwidth_gb_s + 6e6 * 2 * shape.params_b * 1e9 / (chip.tflops["bf16"] * 1e12))
    busy = seconds / 3600 / 720
    assert 0.05 < busy < 0.4
    assert (found["detail"], found["amount"]) == ("i-few", 600.0)
    assert saving(found) == pytest.approx((0.0, 600 * (1 - busy / 0.6), 600 * (1 - busy / 0.75)), abs=0.1)


def test_one_small_model_on_a_large_machine(tmp_path):
    bill = [
        *frame(),
        machine(1000, 24, resource="i-small-model", hardware="p5.48xlarge", model="llama-3.1-8b"),
        machine(1000, 24, resource="i-large-model", hardware="p5.48xlarge", model="llama-3.1-405b"),
        machine(1000, 24, resource="i-own-model", hardware="p5.48xlarge", model="our-own-model"),
        machine(1000, 24, resource="i-no-model", hardware="p5.48xlarge"),
    ]
    [found] = findings(bill, tmp_path, "model-on-large-node")
    assert (found["detail"], found["amount"]) == ("i-small-model", 1000.0)
    assert saving(found) == (0.0, 437.5, 875.0)


def test_a_host_far_larger_than_its_accelerator(tmp_path):
    bill = [*frame(), machine(1000, 24, hardware="g4dn.16xlarge"), machine(1000, 24, hardware="g4dn.2xlarge")]
    [found] = findings(bill, tmp_path, "large-host")
    share = 1 - instance("g4dn.xlarge").prices[0].on_demand / instance("g4dn.16xlarge").prices[0].on_demand
    assert (found["detail"], found["amount"]) == ("g4dn.16xlarge", 1000.0)
    assert saving(found) == (0.0, cents(share * 500), cents(share * 1000))


def test_old_generation_is_told_by_the_year_of_the_accelerator(tmp_path):
    bill = [
        *frame(),
        machine(500, 24, hardware="p3.2xlarge"),
        machine(90, 24, hardware="p2.xlarge"),
        machine(400, 24, hardware="g5.xlarge"),
    ]
    old, unknown_price = findings(bill, tmp_path, "old-gpu-generation")
    assert (old["detail"], old["amount"], old["note"].split(",")[0]) == ("p3.2xlarge", 500.0, "V100 SXM 16GB")
    low, likely, high = saving(old)
    assert low == 0.0 < likely < high < 500.0
    assert "List prices in us-east-1" in old["why"]
    assert (unknown_price["detail"], unknown_price["amount"], unknown_price["saving"]) == ("p2.xlarge", 90.0, None)


def test_work_that_can_wait_is_a_candidate_for_spot(tmp_path):
    gcp = {"service": "Compute Engine", "provider": "Google Cloud", "hardware": "a2-highgpu-1g", "region": "us-central1"}
    bill = [
        *frame(),
        machine(1000, 24, resource="model-training-1"),
        machine(1000, 24, resource="nightly-batch", **gcp),
        machine(1000, 24, resource="training-endpoint"),
        machine(1000, 24, resource="train-2", pricing="Committed"),
        machine(1000, 24, resource="web"),
    ]
    found = {entry["detail"]: entry for entry in findings(bill, tmp_path, "spot-candidate")}
    assert set(found) == {"model-training-1", "nightly-batch"}
    card = effect_of("spot")
    assert saving(found["model-training-1"]) == (cents(card.low * 1000), cents(card.likely * 1000), cents(card.high * 1000))
    price = instance("a2-highgpu-1g").price("us-central1")
    share = price.spot / price.on_demand
    likely = max(Decimal(0), 1 - share * Decimal("1.1"))
    assert saving(found["nightly-batch"]) == (cents(min(card.low, likely) * 1000), cents(likely * 1000), cents((1 - share) * 1000))


def test_a_dear_region_is_compared_with_the_catalogue(tmp_path):
    prices = {p.region: p.on_demand for p in instance("a3-highgpu-8g").prices if p.on_demand and not p.doubtful}
    dear = max((r for r in prices if r.startswith("us-")), key=lambda r: prices[r])
    cheap = min(prices, key=lambda r: (prices[r], r))
    near = min(price for region, price in prices.items() if region.startswith("us-"))
    facts = {"service": "Compute Engine", "provider": "Google Cloud", "hardware": "a3-highgpu-8g"}
    bill = [*frame(), machine(1000, 24, region=dear, **facts), machine(900, 24, region=cheap, **facts)]
    [found] = findings(bill, tmp_path, "dear-region")
    assert (found["detail"], found["amount"]) == (f"a3-highgpu-8g in {dear}", 1000.0)
    assert saving(found) == (0.0, cents(1000 * (1 - near / prices[dear])), cents(1000 * (1 - prices[cheap] / prices[dear])))


def test_the_same_hardware_dearer_in_another_region_of_the_bill(tmp_path):
    facts = {"hardware": "custom-gpu-h100", "description": "H100 GPU"}
    bill = [
        *frame(),
        *month("28.80", resource="a", region="eu-1", **facts),
        *month("24", resource="b", region="us-1", **facts),
        *month("24.96", resource="c", region="us-2", **facts),
    ]
    [found] = findings(bill, tmp_path, "region-spread")
    assert (found["detail"], found["amount"]) == ("custom-gpu-h100 in eu-1", 864.0)
    assert saving(found) == (0.0, 72.0, 144.0)
    assert found["note"] == "1.200 an hour, 1.000 in us-1"


def test_steady_on_demand_hours_could_be_committed(tmp_path):
    bill = [
        *frame(),
        *month("17", hours=17, resource="i-steady"),
        *month("16.7", hours=16.7, resource="i-part-time"),
        *month("24", resource="i-idle", utilization="0.05"),
        *month("24", resource="i-dev", environment="dev"),
        *month("1", resource="i-not-said", pricing=""),
    ]
    found, unstated = findings(bill, tmp_path, "on-demand-could-commit")
    card = effect_of("commitments")
    assert (found["detail"], found["amount"]) == ("i-steady", 510.0)
    assert saving(found) == (cents(card.low * 510), cents(card.likely * 510), cents(card.high * 510))
    assert found["note"] == "billed 510 of 720 hours on demand"
    assert (unstated["detail"], unstated["note"]) == ("i-not-said", "billed 720 of 720 hours; how it was bought is not stated")


def test_commitment_coverage_counts_steady_hours(tmp_path):
    covered = [month("16", resource=f"i-covered-{at}", pricing="Committed") for at in range(4)]
    open_hours = month("24", resource="i-open")
    [found] = findings([*frame(), *covered[0], *open_hours], tmp_path, "commitment-coverage")
    assert (found["amount"], found["rows"], found["saving"]) == (720.0, 30, None)
    assert found["note"] == "commitments cover 720 of 1440 steady hours (50 %)"
    well = [entry for part in covered for entry in part]
    assert findings([*frame(), *well, *open_hours], tmp_path, "commitment-coverage") == []


def test_unused_commitment_is_the_part_nobody_used(tmp_path):
    facts = {"service": "Amazon Elastic Compute Cloud", "pricing": "Committed"}
    bill = [
        *frame(),
        line(300, description="Unused reservation g5.xlarge", **facts),
        line(700, description="Reservation applied to g5.xlarge", **facts),
    ]
    [found] = findings(bill, tmp_path, "unused-commitment")
    assert (found["amount"], found["rows"]) == (300.0, 1)
    assert saving(found) == (0.0, 90.0, 270.0)
    assert found["note"] == "30.0 % of what the commitments cost in all"
