"""A question about traffic on hardware reaches the serving estimate with what was said; one about memory does not."""

import pytest

from agent.sizing import sizing_call
from tools.contracts.workload import Workload


def workload(**facts: object) -> Workload:
    return Workload.stated(**facts) if hasattr(Workload, "stated") else Workload(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can it serve 50 requests per second with TTFT under 500 ms?", {"requests_per_second": 50.0, "ttft_ms": 500.0}),
        ("how many replicas for 1,200 req/s?", {"requests_per_second": 1200.0}),
        ("5 rps and 0.3 s to first token, how fast is it?", {"requests_per_second": 5.0, "ttft_ms": 300.0}),
    ],
)
def test_rate_and_target_are_read_as_written(text: str, expected: dict[str, float]) -> None:
    call = sizing_call("ask_hardware", text, workload(model="llama-3.1-8b", hardware="L40S", precision="fp8"))
    assert call is not None and call["tool"] == "estimate_serving"
    assert call["args"] == {"model": "llama-3.1-8b", "gpu": "L40S", "precision": "fp8", **expected}


def test_memory_questions_stay_memory_questions() -> None:
    call = sizing_call("ask_hardware", "does it fit with 8k context?", workload(model="llama-3.1-8b", hardware="L40S"))
    assert call is not None and call["tool"] == "estimate_memory"
