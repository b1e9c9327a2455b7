"""People write names their own way; the catalogue finds what they mean, or says what is near, and never guesses."""

import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from knowledge import catalog
from knowledge.errors import KnowledgeError, UserError
from knowledge.schemas import ApiModel, TokenPrice


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A100 80GB", "A100 SXM 80GB"),
        ("a100-80g", "A100 SXM 80GB"),
        ("A100", "A100 SXM 80GB"),
        ("a100 40g", "A100 SXM 40GB"),
        ("NVIDIA A100-SXM4-40GB", "A100 SXM 40GB"),
        ("H100 SXM", "H100 SXM"),
        ("h100", "H100 SXM"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("H100 PCIe", "H100 PCIe"),
        ("RTX 4090", "RTX 4090"),
        ("4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("L4", "L4"),
        ("l40s", "L40S"),
        ("T4", "T4"),
        ("Tesla T4", "T4"),
        ("A10G", "A10G"),
        ("A10", "A10"),
        ("MI300X", "MI300X"),
        ("tpu-v5e", "TPU v5e"),
        ("DGX H100", "H100 SXM"),
        ("RTX 4080 16GB", "RTX 4080"),
        ("L4 24 GB", "L4"),
    ],
)
def test_accelerators_are_found_as_people_write_them(written: str, meant: str) -> None:
    assert catalog.accelerator(written).name == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GPT 4o", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),  # an older snapshot with its own price
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock/anthropic.claude-3-5-sonnet"),
        ("gpt-5-mini-2099-01-01", "gpt-5-mini"),  # a snapshot nobody listed: the name without its date
        ("nova lite", "bedrock/amazon.nova-lite"),
    ],
)
def test_api_models_are_found_as_bills_write_them(written: str, meant: str) -> None:
    assert catalog.api_model(written).name == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Llama-3-70B", "llama-3-70b"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama-3-8b"),
        ("Llama 3.1 8B", "llama-3.1-8b"),
        ("Mixtral 8x7B", "mixtral-8x7b"),
        ("BERT base", "bert-base-uncased"),
        ("whisper large v3", "whisper-large-v3"),
    ],
)
def test_open_models_are_found(written: str, meant: str) -> None:
    assert catalog.model(written).name == meant


@pytest.mark.parametrize(
    ("look_up", "name", "code", "near"),
    [
        (catalog.accelerator, "H1000", "unknown-accelerator", "H100 SXM"),
        (catalog.api_model, "gpt-4oo", "unknown-api-model", "gpt-4o"),
        (catalog.model, "lama 3 8b", "unknown-model", "llama-3-8b"),
        (catalog.instance, "p4d.24xlrge", "unknown-instance", "p4d.24xlarge"),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest(look_up: object, name: str, code: str, near: str) -> None:
    with pytest.raises(UserError) as caught:
        look_up(name)  # type: ignore[operator]
    assert caught.value.code == code
    assert near in caught.value.hint


def test_a_memory_size_that_is_not_the_cards_own_is_not_ignored() -> None:
    for name in ("L4 80GB", "A100 60GB", "T4 32GB"):
        assert catalog.find_accelerator(name) is None


def test_nonsense_gets_no_suggestion() -> None:
    with pytest.raises(UserError) as caught:
        catalog.accelerator("zzzzqqq")
    assert "Did you mean" not in caught.value.hint
    with pytest.raises(UserError):
        catalog.accelerator("")


def test_prices_keep_the_cents_of_their_source() -> None:
    p5 = catalog.instance("p5.48xlarge")
    price = p5.price("us-east-1")
    assert price is not None
    assert price.on_demand == Decimal("55.04")
    assert (p5.accelerator, p5.accelerator_count) == ("H100 SXM", 8)
    assert price.spot is None  # unknown, not zero


def test_a_region_without_a_price_is_refused_not_filled() -> None:
    with pytest.raises(UserError) as caught:
        catalog.instance("p5.48xlarge", "eu-west-1")
    assert caught.value.code == "unknown-region-price"
    assert "us-east-1" in caught.value.hint


def test_machines_with_an_accelerator_come_cheapest_first() -> None:
    found = catalog.instances_with("h100")
    rates = [
        min(p.on_demand for p in i.prices if p.on_demand) / Decimal(str(i.accelerator_count))
        for i in found
        if any(p.on_demand for p in i.prices)
    ]
    assert len(rates) > 10
    assert rates == sorted(rates)


def test_price_history_gives_the_price_of_the_day() -> None:
    o3 = catalog.api_model("o3")
    assert o3.price_of("input", date(2025, 5, 1)) == 10
    assert o3.price_of("input", date(2025, 7, 1)) == 2
    flash = catalog.api_model("gemini-3.7-flash")
    assert flash.price_of("output", date(2026, 12, 31)) == Decimal("3.75")
    assert flash.price_of("output", date(2027, 1, 1)) == Decimal("7.5")


def test_price_by_token_type_says_unknown_where_it_is() -> None:
    groq = catalog.api_model("groq/llama-3.3-70b-versatile")
    assert groq.price_of("cached") is None
    assert catalog.api_model("gpt-4o").price_of("reasoning") == catalog.api_model("gpt-4o").price_of("output") == 10
    assert groq.price_of("batch") is None
    with pytest.raises(ValueError, match="token type"):
        groq.price_of("tokens")


def test_every_fact_can_name_its_source_and_day() -> None:
    shelves = (catalog.accelerators(), catalog.instances(), catalog.api_models(), catalog.models())
    for shelf in shelves:
        for entry in shelf.entries.values():
            source = catalog.source_of(entry)
            assert source.ref
            assert source.checked_on is not None
    with pytest.raises(KnowledgeError):
        catalog.source_of(catalog.accelerator("L4"), "nowhere")


def test_the_fact_base_is_wide_enough() -> None:
    assert len(catalog.accelerators().entries) >= 25
    instances = catalog.instances().entries.values()
    assert len(instances) >= 60
    assert {"aws", "azure", "gcp", "lambda", "runpod"} <= {i.provider for i in instances}
    assert len(catalog.api_models().entries) >= 100
    assert len(catalog.models().entries) >= 40


def test_providers_are_known_by_their_usual_names() -> None:
    names = catalog.providers()
    assert names["google cloud"] == "gcp"
    assert names["amazon web services"] == "aws"
    assert names["open ai"] == "openai"
    assert set(names.values()) <= set(names)


def test_azure_grid_rows_that_lost_their_decimal_point_are_mended() -> None:
    for region in ("finlandcentral", "Germany West Central"):
        assert 50 < catalog.grid_region("azure", region).readings["ccf"] < 500
    with pytest.raises(UserError) as caught:
        catalog.grid_region("aws", "us-eest-1")
    assert "us-east-1" in caught.value.hint


def test_known_errors_of_the_sources_are_not_carried_over() -> None:
    assert catalog.accelerator("Trainium1").bandwidth_gb_s == 820  # one source says 9 800
    assert catalog.accelerator("H100 SXM").tflops["fp16"] == 989  # one source gives the figure with sparsity
    assert catalog.accelerator("RTX 4090").tflops["fp16"] < 200  # one source counts 16-bit accumulation
    assert catalog.accelerator("A10G").tflops["bf16"] == 70  # not the A10's 125
    tpu = catalog.instance("tpu-v4-chip").price("us-central2")
    assert tpu is not None
    assert tpu.doubtful


def test_what_a_chip_computes_in() -> None:
    assert catalog.accelerator("H100").supports("fp8") is True
    assert catalog.accelerator("A100").supports("fp8") is False
    assert catalog.accelerator("T4").supports("bf16") is False
    assert catalog.accelerator("A10G").supports("bf16") is True  # by its compute capability
    assert catalog.accelerator("Trainium1").supports("fp4") is None  # the fact base does not know


def test_an_unpriced_history_is_refused_by_the_schema() -> None:
    with pytest.raises(ValueError, match="prices"):
        ApiModel(name="x", source="s", provider="p", tasks=("chat",), prices=())
    with pytest.raises(ValueError, match="quoted text"):
        TokenPrice.model_validate({"input": 0.1, "source": "s"})
    with pytest.raises(ValueError, match="Extra inputs"):
        TokenPrice.model_validate({"input": "0.1", "source": "s", "inptu": "1"})


def test_importing_the_catalogue_reads_no_facts() -> None:
    code = (
        "import sys, knowledge.catalog as c\n"
        "assert c.accelerators.cache_info().currsize == 0\n"
        "assert 'yaml' not in sys.modules and 'rapidfuzz' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
