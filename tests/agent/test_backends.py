"""Any language model drives the same agent: the brain, a folder in transformers form, an OpenAI-compatible endpoint.

Whatever they answer, only the message's own candidates can become facts, and the plan does not depend on them.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from agent_house import OWNER, SAMPLE_BILL, open_house, texts

from agent.brain.place import WEIGHTS
from agent.llm.choice import ModelChoice
from knowledge.errors import UserError

MESSAGE = "we serve llama 3 8b on 2 A10G, 40k requests/day"


class Endpoint(BaseHTTPRequestHandler):
    """A stub of an OpenAI-compatible server. `mode` decides what it answers."""

    mode, seen = "good", []  # type: ignore[var-annotated]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen.append(body)
        form = body["response_format"]["json_schema"]["schema"]["properties"]
        answer = json.dumps(
            {k: ("describe_workload" if k == "intent" else "none" if k == "also" else v["enum"][0]) for k, v in form.items()}
        )
        if self.mode == "garbage":
            answer = "You will save 90 percent!"
        elif self.mode == "wrong-then-good":
            type(self).mode, answer = "good", '{"intent":"give away money"}'
        elif self.mode == "error":
            self.send_response(500)
            self.end_headers()
            return
        reply = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub",
                 "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
                 "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}  # fmt: skip
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[ModelChoice]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Endpoint.mode, Endpoint.seen = "good", []
    yield ModelChoice.parse(f"http://127.0.0.1:{server.server_port}/v1#stub")
    server.shutdown()


def noted(events: list) -> dict[str, object]:  # type: ignore[type-arg]
    return {f["field"]: f["value"] for e in events if e.type == "facts" for f in e.facts}


EXPECTED = {"model": "llama 3 8b", "gpu_count": 2, "hardware": "A10G", "requests_per_day": 40000.0, "params_b": 8.0}


def test_an_endpoint_reads_the_same_form_under_the_same_schema(endpoint: ModelChoice, tmp_path: Path) -> None:
    house = open_house(tmp_path, model=endpoint)
    assert noted(house.say(MESSAGE)) == EXPECTED
    sent = Endpoint.seen[0]
    assert "[m1 llama 3 8b]" in sent["messages"][-1]["content"]
    assert sent["response_format"]["json_schema"]["schema"]["properties"]["n1"]["enum"] == ["gpu_count", "none"]


def test_a_wrong_form_is_repaired_at_most_twice_then_said(endpoint: ModelChoice, tmp_path: Path) -> None:
    house = open_house(tmp_path, model=endpoint)
    Endpoint.mode = "wrong-then-good"
    assert noted(house.say(MESSAGE)) == EXPECTED
    Endpoint.mode, Endpoint.seen = "garbage", []
    events = house.say(MESSAGE)
    assert len(Endpoint.seen) == 3
    assert [e.error["code"] for e in events if e.type == "failed"] == ["reading-unusable"]
    assert "90" not in texts(events)


def test_a_failing_endpoint_is_an_error_with_a_remedy_never_a_silent_switch(endpoint: ModelChoice, tmp_path: Path) -> None:
    Endpoint.mode = "error"
    events = open_house(tmp_path, model=endpoint).say(MESSAGE)
    error = next(e.error for e in events if e.type == "failed")
    assert error["code"] == "model-failed" and "--model brain" in error["hint"]
    assert "stub at http://127.0.0.1" in events[-1].backend


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Qwen3 with the brain's tokenizer and a chat template, as any hub model would look."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    folder = tmp_path_factory.mktemp("tiny-chat")
    torch.manual_seed(3)
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS)
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, intermediate_size=128, num_attention_heads=2, num_key_value_heads=1,
        head_dim=32, max_position_embeddings=2048, tie_word_embeddings=True, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.heavy
def test_a_local_model_decodes_under_the_grammar_even_with_random_weights(tiny_folder: Path, tmp_path: Path) -> None:
    house = open_house(tmp_path, model=ModelChoice.parse(f"hf:{tiny_folder}"))
    events = house.say(MESSAGE)
    assert not [e for e in events if e.type == "failed"], "constrained decoding always parses"
    assert set(noted(events)) <= set(EXPECTED)
    assert all(noted(events)[k] == EXPECTED[k] for k in noted(events)), "random weights can misassign, never invent"


def test_a_hub_id_that_is_not_here_is_refused_with_a_way_forward(tmp_path: Path) -> None:
    events = open_house(tmp_path, model=ModelChoice.parse("hf:nobody/no-such-model")).say("hello")
    error = next(e.error for e in events if e.type == "failed")
    assert error["code"].startswith("hub-") and error["hint"]


@pytest.mark.parametrize("text", ["gpt", "hf:", "ftp://x#y", "http://host/v1"])
def test_a_model_choice_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="does not name"):
        ModelChoice.parse(text)


def test_the_plan_is_the_same_whichever_model_reads(endpoint: ModelChoice, tmp_path: Path) -> None:
    plans = []
    for number, choice in enumerate((ModelChoice("scripted"), endpoint)):
        house = open_house(tmp_path / str(number), model=choice)
        shutil.copy(SAMPLE_BILL, tmp_path / str(number) / "bill.csv")
        house.say("audit this bill", SAMPLE_BILL)
        plan = house.store.latest_plan(OWNER, house.chat)
        assert plan is not None
        plans.append(plan.model_dump_json())
    assert plans[0] == plans[1]
