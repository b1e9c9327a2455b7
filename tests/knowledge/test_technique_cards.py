"""The technique cards: complete, sourced, consistent, and refused where they are not."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from knowledge.errors import KnowledgeError
from knowledge.retrieval import concepts, search
from knowledge.source import Tier
from knowledge.techniques import DATA, card, cards, groups, read_cards
from tools.contracts.plan import Step
from tools.planning.facts import in_group
from tools.planning.formulas import FORMULAS

#: Block A of the feature table (techniques and practices of the seed article) -> the cards that answer for each
ARTICLE = {
    "quantize": {"quantize_fp8", "quantize_w8a8", "quantize_w4a16", "quantize_cpu_int8"},
    "prune": {"structured_pruning", "unstructured_pruning"},
    "distil": {"distillation"},
    "peft": {"lora_peft"},
    "data": {"data_curation", "data_volume", "data_augmentation"},
    "transfer": {"transfer_learning"},
    "framework": {"training_framework"},
    "hardware": {"hardware_selection", "cpu_alternative", "spot", "commitments", "region_move"},
    "batching": {"continuous_batching", "batch_api"},
    "parallel": {"parallelism"},
    "edge": {"edge_deployment"},
    "serverless": {"serverless_managed", "self_host_open_model"},
    "model choice": {"smaller_model", "model_routing"},
    "serving": {"speculative_decoding", "kv_cache", "prompt_caching", "output_trimming", "prompt_trimming"},
    "waste": {"idle_shutdown", "consolidation_rightsizing"},
    "practice": {"profiling", "quality_evaluation", "monitoring", "skills_culture"},
}


def test_every_practice_of_the_article_has_its_card():
    assert set().union(*ARTICLE.values()) == {c.id for c in cards()}
    assert len(cards()) >= 25


@pytest.mark.parametrize("known", cards(), ids=lambda c: c.id)
def test_a_card_is_complete_and_each_figure_has_a_dated_source(known):
    assert known.step in {s.value for s in Step}
    assert known.one_time.engineering_days.low > 0
    assert all(
        getattr(known, name)
        for name in ("summary", "because", "skill", "quality_risk", "rollback", "verification", "expires_when", "article")
    )
    for effect in known.effects:
        assert len(effect.source.ref) > 20 and date(2024, 1, 1) <= effect.source.checked_on <= date(2026, 12, 31)
        assert effect.tier in (Tier.CATALOGUE, Tier.PUBLISHED, Tier.ESTIMATED, Tier.ASSUMED)
        assert effect.formula in FORMULAS
        assert (effect.factor is not None) == (effect.formula in ("constant", "cached_input"))
        if effect.factor is not None:
            assert 0 < effect.factor.low <= effect.factor.high < 2.5
    for condition in known.when:
        assert condition.otherwise or condition.unknown != "ask", f"{condition.field} fails without a reason"


def test_exclusions_name_rivals_only():
    for known in cards():
        assert known.id not in known.excludes


def test_busy_gpu_figures_agree_with_the_published_ratio():
    """AccelMark, Llama-3.1-8B, 100 requests at once: throughput over BF16; cost is its inverse."""
    w4 = card("quantize_w4a16").effects
    assert w4[0].factor.likely == pytest.approx(1 / 0.64, abs=0.1) and w4[1].factor.likely == pytest.approx(1 / 0.66, abs=0.05)
    fp8 = card("quantize_fp8").effects
    assert fp8[0].factor.low <= 1 / 1.29 <= fp8[0].factor.high and fp8[0].factor.low <= 1 / 1.16 <= fp8[0].factor.high
    w8 = card("quantize_w8a8").effects
    assert w8[0].factor.likely == pytest.approx(1 / 1.32, abs=0.01)
    lora = card("lora_peft").effects[0].factor
    assert lora.likely == pytest.approx(942 / 2147, abs=0.005)


def test_unstructured_pruning_claims_nothing():
    factor = card("unstructured_pruning").effects[0].factor
    assert (factor.low, factor.likely, factor.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("text", "group", "member"),
    [
        ("A100 80GB", "ampere_datacentre", True),
        ("A100", "ampere_small", False),
        ("2x A10G", "ampere_small", True),
        ("NVIDIA-H100-80GB", "hopper", True),
        ("p5.48xlarge", "hopper", True),
        ("p4d.24xlarge", "fp8_native", False),
        ("L40S", "fp8_native", True),
        ("L4", "fp8_native", True),
        ("Intel Xeon 8480", "cpu_hardware", True),
        ("H100", "cpu_hardware", False),
        ("gpt-4o-mini", "small_api_model", True),
        ("gpt-4o", "small_api_model", False),
        ("distilbert-base-uncased", "encoder_model", True),
        ("llama-3.1-8b", "encoder_model", False),
        ("ticket classification", "narrow_task", True),
        ("chatbot", "narrow_task", False),
        ("vLLM 0.9", "modern_engine", True),
    ],
)
def test_words_fall_into_their_families(text, group, member):
    assert in_group(text, group) is member


def write(folder: Path, **changes) -> None:
    content = yaml.safe_load((DATA / "spot.yaml").read_text())
    content["excludes"] = []
    name = changes.pop("file", "spot")
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({**content, **changes}))
    (folder / "_groups.yaml").write_text((DATA / "_groups.yaml").read_text())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"file": "sport"}, "spot"),
        ({"excludes": ["teleport"]}, "teleport"),
        ({"enabling": True}, "effects"),
        ({"step": "someday"}, "step"),
        ({"when": [{"field": "stage", "equals": "x", "below": 3}]}, "exactly one"),
        ({"when": [{"field": "hardware", "group": "quantum"}]}, "quantum"),
        ({"one_time": {"engineering_days": [5, 2, 1]}}, "engineering_days"),
        ({"sources": []}, "sources"),
    ],
)
def test_a_wrong_card_is_refused_by_name(tmp_path, changes, said):
    write(tmp_path, **changes)
    with pytest.raises(KnowledgeError) as caught:
        read_cards(tmp_path)
    assert caught.value.code == "card-invalid" and said in caught.value.message + caught.value.hint


def test_a_right_card_is_read(tmp_path):
    write(tmp_path)
    assert [c.id for c in read_cards(tmp_path)] == ["spot"]


def test_there_are_concepts_for_what_people_ask_and_all_point_to_real_cards():
    assert len(concepts()) >= 30
    assert all(len(c.text) < 900 for c in concepts())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is a KV cache", "kv_cache_memory"),
        ("explain LoRA", "lora_concept"),
        ("what does TTFT mean", "ttft"),
        ("FOCUS", "focus_spec"),
        ("amortized cost", "amortized_cost"),
        ("is speculative decoding worth it", "speculative_decoding"),
        ("prompt caching", "prompt_caching"),
        ("why don't the savings add up", "sub_additive"),
        ("what are reasoning tokens", "reasoning_tokens"),
        ("spot instances", "spot"),
        ("batch api", "batch_api"),
        ("mixture of experts", "moe"),
        ("model routing", "model_routing"),
        ("break-even between API and own GPUs", "break_even"),
    ],
)
def test_search_finds_what_was_asked_for_within_the_first_two(question, expected):
    assert expected in [hit.id for hit in search(question, limit=2)]


def test_search_finds_nothing_in_words_of_another_world():
    assert search("pizza margherita") == [] and search("") == [] and search("!!!") == []


def test_groups_hold_words_only():
    assert all(words and all(isinstance(w, str) and w for w in words) for words in groups().values())
