"""People write model names their own way; what is found is what they mean, and a size, version or generation is never guessed."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import catalog
from knowledge.catalog import spelling
from knowledge.errors import UserError

WRITTEN = [
    ("Llama 3 70B", "llama-3-70b", "exact"),
    ("LLAMA-3-70B", "llama-3-70b", "exact"),
    ("llama3 70b", "llama-3-70b", "exact"),
    ("llama3:70b", "llama-3-70b", "exact"),
    ("meta-llama/Meta-Llama-3-70B-Instruct", "llama-3-70b", "exact"),
    ("meta-llama/Llama-3.1-70B-Instruct", "llama-3.1-70b", "exact"),
    ("Meta Llama 3.1 405B Instruct", "llama-3.1-405b", "exact"),
    ("llama3.1:8b", "llama-3.1-8b", "exact"),
    ("llama 3.1 8 billion", "llama-3.1-8b", "exact"),
    ("Llama 3.3 70B", "llama-3.3-70b", "exact"),
    ("llama 2 7b chat", "llama-2-7b", "exact"),
    ("Llama 4 Scout", "llama-4-scout", "exact"),
    ("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", "llama-4-maverick", "exact"),
    ("code llama 34b", "codellama-34b", "exact"),
    ("qwen2.5-7b", "qwen2.5-7b", "exact"),
    ("qwen 2.5 7bn", "qwen2.5-7b", "exact"),
    ("Qwen/Qwen2.5-72B-Instruct", "qwen2.5-72b", "exact"),
    ("Qwen3 30B A3B", "qwen3-30b-a3b", "exact"),
    ("qwen3-30b", "qwen3-30b-a3b", "exact"),
    ("Qwen3-235B-A22B-Thinking-2507-FP8", "qwen3-235b-a22b-2507", "exact"),
    ("qwen2.5 vl 7b", "qwen2.5-vl-7b", "exact"),
    ("QwQ 32B", "qwq-32b", "exact"),
    ("mistral 7b v0.3", "mistral-7b-v0.3", "exact"),
    ("Mistral-7B-Instruct-v0.2", "mistral-7b-v0.2", "exact"),
    ("Mixtral 8x7B", "mixtral-8x7b", "exact"),
    ("mixtral:8x22b", "mixtral-8x22b", "exact"),
    ("mistral large 2", "mistral-large-123b", "exact"),
    ("DeepSeek R1", "deepseek-r1", "exact"),
    ("DeepSeek R1 distill qwen 32b", "deepseek-r1-distill-qwen-32b", "exact"),
    ("deepseek-r1:70b", "deepseek-r1-distill-llama-70b", "exact"),
    ("deepseek v3.1", "deepseek-v3.1", "exact"),
    ("gemma2:9b", "gemma-2-9b", "exact"),
    ("gemma 3 27b it", "gemma-3-27b", "exact"),
    ("google/gemma-2b", "gemma-2b", "exact"),
    ("phi3:mini", "phi-3-mini", "exact"),
    ("Phi-3.5-mini-instruct", "phi-3-mini", "exact"),
    ("phi 4", "phi-4", "exact"),
    ("GPT-2", "gpt2", "exact"),
    ("gptj 6b", "gpt-j-6b", "exact"),
    ("gpt oss 120b", "gpt-oss-120b", "exact"),
    ("BERT base", "bert-base-uncased", "exact"),
    ("Whisper large v3 turbo", "whisper-large-v3-turbo", "exact"),
    ("BGE M3", "bge-m3", "exact"),
    ("command r plus", "command-r-plus-104b", "exact"),
    ("command-r+", "command-r-plus-104b", "exact"),
    ("kimi k2", "kimi-k2", "exact"),
    ("GLM 4.5 Air", "glm-4.5-air", "exact"),
    ("minimax m2", "minimax-m2", "exact"),
    ("OPT 13B", "opt-13b", "exact"),
    ("opt 1.3b", "opt-1.3b", "exact"),
    ("llama-3-1-8b", "llama-3.1-8b", "exact"),
    ("llama_3_1_8b", "llama-3.1-8b", "exact"),
    ("llama.3.1.8b", "llama-3.1-8b", "exact"),
    ("qwen2-5-7b-instruct", "qwen2.5-7b", "exact"),
    ("qwen2-5-0.5b", "qwen2.5-0.5b", "exact"),
    ("opt-1-3b", "opt-1.3b", "exact"),
    ("gemma.2.2b", "gemma-2-2b", "exact"),
    ("deepseek-v3-2", "deepseek-v3.2", "exact"),
    ("glm 4 5 air", "glm-4.5-air", "exact"),
    ("mistral-7b-v0-3", "mistral-7b-v0.3", "exact"),
    ("meta-llama/Llama-3-1-8B-Instruct-AWQ", "llama-3.1-8b", "tail"),
    ("Llama-3-1-8B.Q4_K_M.gguf", "llama-3.1-8b", "tail"),
    ("llama-3-70b-fp8", "llama-3-70b", "tail"),
    ("Qwen2.5 7B Instruct AWQ", "qwen2.5-7b", "tail"),
    ("unsloth/Llama-3.2-1B-Instruct-bnb-4bit", "llama-3.2-1b", "tail"),
    ("TheBloke/Mistral-7B-Instruct-v0.2-GGUF", "mistral-7b-v0.2", "tail"),
    ("qwen2.5-coder:32b-instruct-q4_K_M", "qwen2.5-coder-32b", "tail"),
    ("llama3.1:8b-instruct-q8_0", "llama-3.1-8b", "tail"),
    ("gemma-2-9b-it-Q4_K_M.gguf", "gemma-2-9b", "tail"),
    ("accounts/fireworks/models/llama-v3p1-70b-instruct", "llama-3.1-70b", "tail"),
    ("nvidia/Llama-3.1-405B-Instruct-FP4", "llama-3.1-405b", "tail"),
    ("neuralmagic/Meta-Llama-3.1-70B-Instruct-quantized.w4a16", "llama-3.1-70b", "tail"),
    ("gpt-oss-20b-2025-08-05", "gpt-oss-20b", "tail"),
    ("mixtral-8x7b-instruct-v0.1-gptq", "mixtral-8x7b", "tail"),
    ("falcon-40b-instruct-int8", "falcon-40b", "tail"),
    ("nomic-embed-text:latest", "nomic-embed-text-v1.5", "tail"),
    ("lama 3 70b", "llama-3-70b", "near"),
    ("lama 3.1 8b instruct awq", "llama-3.1-8b", "near"),
    ("mistrl 7b v0.3", "mistral-7b-v0.3", "near"),
    ("lama-3-1-8b", "llama-3.1-8b", "near"),
    ("codelama 34b", "codellama-34b", "near"),
    ("whispr large v3", "whisper-large-v3", "near"),
    ("deepseak r1", "deepseek-r1", "near"),
    ("Mixtrall 8x7b", "mixtral-8x7b", "near"),
    ("flacon 40b", "falcon-40b", "near"),
    ("starcodr2 15b", "starcoder2-15b", "near"),
]


@pytest.mark.parametrize(("written", "meant", "how"), WRITTEN)
def test_names_are_read_as_people_mean_them(written: str, meant: str, how: str) -> None:
    found = catalog.resolve_model(written)
    assert (found.model.name, found.how, found.asked) == (meant, how, written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("llama-3-8b", "llama-3.1-8b"),
        ("llama-3-70b", "llama-2-70b"),
        ("llama-3.2-1b", "llama-3.2-11b"),
        ("llama-7b", "llama-2-7b"),
        ("opt-1.3b", "opt-13b"),
        ("qwen2-7b", "qwen2.5-7b"),
        ("qwen2-57b-a14b", "qwen2.5-7b"),
        ("qwen1.5-4b", "qwen1.5-14b"),
        ("qwen3-30b-a3b", "qwen3-32b"),
        ("qwen3-4b", "qwen3-4b-2507"),
        ("qwen2.5-7b", "qwen2.5-vl-7b"),
        ("qwen3-8b", "qwen3-vl-8b"),
        ("mistral-7b", "mistral-7b-v0.3"),
        ("mistral-small-22b", "mistral-small-24b"),
        ("mistral-7b", "mixtral-8x7b"),
        ("gemma-2b", "gemma-2-2b"),
        ("gemma-3-1b", "gemma-3-12b"),
        ("phi-3-mini", "phi-4-mini"),
        ("deepseek-v2", "deepseek-v2-lite"),
        ("deepseek-r1", "deepseek-r1-distill-qwen-32b"),
        ("t5-base", "mt5-base"),
        ("bert-base-uncased", "bart-base"),
        ("whisper-large-v3", "whisper-large-v3-turbo"),
        ("gte-base", "bge-base"),
        ("starcoder", "starcoder2-15b"),
        ("glm-4.5", "glm-4.5-air"),
    ],
)
def test_near_names_are_different_models(one: str, other: str) -> None:
    assert catalog.model(one).name != catalog.model(other).name


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("llama 3 18b", "llama-3-8b"),  # not 3.1-8b with the dot forgotten
        ("llama-3-18b", "llama-3-8b"),
        ("llama-31-8b", "llama-3-8b"),
        ("llama-3.8b", "llama-3-8b"),  # a size of 3.8 billion was written
        ("gemma-2.2b", "gemma-2b"),  # neither the first Gemma nor the second
        ("llama 3 80b", "llama-3-70b"),
        ("llama-3-8b-vision", "llama-3-8b"),
        ("mixtral 7b", "mistral-7b"),  # a word that is itself a model is no typing error
        ("qwen 9b", "qwen-7b"),
        ("qwen2.5-7b-vl", "qwen2.5-vl-7b"),
        ("brt-base", "bart-base"),  # BERT or BART
        ("brt-base", "bert-base-uncased"),
        ("deepseek r1 8b", "deepseek-r1-distill-llama-8b"),
        ("opt-13.b", "opt-13b"),
        ("llama 3.1", "llama-3.1-8b"),
        ("command-r", "command-r-08-2024"),  # not Command R+
    ],
)
def test_what_could_mean_another_model_is_refused_with_the_nearest(written: str, near: str) -> None:
    with pytest.raises(UserError) as caught:
        catalog.resolve_model(written)
    assert caught.value.code == "unknown-model"
    assert near in caught.value.details["nearest"]


def test_a_misspelt_name_is_only_found_where_the_reading_can_be_told() -> None:
    assert catalog.resolve_model("lama 3 70b").how == "near"
    assert catalog.models().find("lama 3 70b") is None
    with pytest.raises(UserError) as caught:
        catalog.model("lama 3 70b")
    assert "llama-3-70b" in caught.value.hint


#: Spellings and what they mean, in order, so that a failing example is the same tomorrow.
SPELLINGS = sorted((alias, name) for alias, name in catalog.models().aliases.items() if "/" not in alias)


@settings(max_examples=400)
@given(st.sampled_from(SPELLINGS), st.data())
def test_separators_may_be_swapped(spelling_of: tuple[str, str], data: st.DataObject) -> None:
    """Dash, blank and underscore stand for each other and for the point of a version, each for itself."""
    alias, name = spelling_of

    def other(separator: re.Match[str]) -> str:
        return data.draw(st.sampled_from(["-", " ", "_"] + ["."] * (separator.group() == ".")))

    written = re.sub(r"[-_ .](?=[^-_ .:(])", other, alias)
    found = catalog.models().resolve(written)
    assert found is not None, written
    assert (found.model.name, found.how) == (name, "exact")


@settings(max_examples=200)
@given(st.sampled_from(SPELLINGS))
def test_points_may_stand_for_all_separators_or_the_name_is_refused(spelling_of: tuple[str, str]) -> None:
    alias, name = spelling_of
    found = catalog.models().find(re.sub(r"[-_ ]", ".", alias))
    assert found is None or found.name == name


def test_no_two_models_are_spelt_alike_up_to_separators() -> None:
    owner: dict[str, str] = {}
    for alias, name in catalog.models().aliases.items():
        bare = re.sub(r"[-_ .:]+", " ", alias.rpartition("/")[2]).strip()
        assert owner.setdefault(bare, name) == name, alias


@settings(max_examples=300)
@given(st.sampled_from(SPELLINGS), st.data())
def test_a_digit_more_or_less_is_never_the_same_model(spelling_of: tuple[str, str], data: st.DataObject) -> None:
    """A separator between two numbers left out ("3-1" -> "31") changes a number: another model, or none."""
    alias, name = spelling_of
    joints = [hit.start() for hit in re.finditer(r"(?<=\d)[-_ .](?=\d)", alias)]
    if joints:
        at = data.draw(st.sampled_from(joints))
        found = catalog.models().resolve(alias[:at] + alias[at + 1 :])
        assert found is None or found.model.name != name


def test_what_was_left_out_of_a_name_is_told() -> None:
    assert catalog.resolve_model("unsloth/Llama-3.2-1B-Instruct-bnb-4bit").dropped == ("unsloth/", "4bit", "bnb")
    assert catalog.resolve_model("llama-3-70b").dropped == ()


def test_nonsense_gets_no_suggestion() -> None:
    for name in ("", "   ", "zzzzqqq", "/", "---", "7b"):
        with pytest.raises(UserError) as caught:
            catalog.resolve_model(name)
        assert "Did you mean" not in caught.value.hint or name == "7b"


def test_a_letter_left_out_never_leads_to_another_model() -> None:
    """Every letter of every spelling: found as the same model, refused, or what is left is another model's own name ("mt5-base")."""
    shelf = catalog.models()
    forms = {spelling.form(alias): name for alias, name in shelf.aliases.items() if "/" not in alias}
    found = 0
    for alias, name in shelf.aliases.items():
        for at, letter in enumerate(alias):
            shorter = alias[:at] + alias[at + 1 :]
            reading = shelf.resolve(shorter) if letter.isalpha() and "/" not in alias else None
            if reading is not None and reading.model.name != name:
                assert reading.how == "exact", (alias, reading)
                assert forms[spelling.form(shorter)] == reading.model.name
            found += reading is not None
    assert found > 5_000


def test_every_spelling_leads_to_its_own_model() -> None:
    shelf = catalog.models()
    forms: dict[str, str] = {}
    for alias, name in shelf.aliases.items():
        found = shelf.resolve(alias)
        assert found is not None
        assert (found.model.name, found.how) == (name, "exact")
        assert forms.setdefault(spelling.form(alias.rpartition("/")[2]), name) == name
