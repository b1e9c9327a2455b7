"""Promise to an engineer who asks where the time goes: counts that add up, and a limit that follows from measurements."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import UserError
from tests.models import causal_folder
from tools.contracts.tool import ToolContext
from tools.profiling import work
from tools.profiling.limits import limit_of
from tools.profiling.tool import ProfileModel


@pytest.mark.heavy
def test_a_profile_adds_up_and_says_what_limits_the_model(tmp_path: Path) -> None:
    folder = causal_folder(tmp_path / "writer", kind="llama")
    result = work.run(ProfileModel(model=str(folder), tokens=64), ToolContext(out_dir=tmp_path / "out"))
    found = result.result
    assert sum(found["parameters_by_kind"].values()) == found["parameters"] == sum(found["dtypes"].values())
    assert found["embedding_share"] == pytest.approx(found["parameters_by_kind"]["embedding"] / found["parameters"])
    assert 0 < found["prunable_share"] < found["quantizable_share"] <= 1
    linear = found["parameters"] - found["parameters_by_kind"]["normalisation"]
    assert found["flops"] >= 2 * linear * 64, "two operations for each weight and token (the tied head counts as linear), attention on top"
    assert found["flops"] < 2 * linear * 64 * 1.5
    assert found["limited_by"] in ("memory", "compute", "overhead") and found["decode_limited_by"] in ("memory", "compute", "overhead")
    assert found["decode_ms_per_token"]["likely"] > 0 and found["machine_bandwidth_gb_s"] > 0.1
    assert 0 < sum(o["share"] for o in found["operators"]) <= 1.0001
    known = {e.id for e in result.evidence}
    assert all(i in known for s in result.statements for i in s.figures.values())
    assert not any(c.isdigit() for s in result.statements for c in s.text.replace("int8", ""))
    with pytest.raises(UserError) as caught:
        work.run(ProfileModel(model=str(folder), tokens=256), ToolContext(out_dir=tmp_path / "out"))
    assert caught.value.code == "input-too-long" and "256" in caught.value.message


@given(st.floats(1e6, 1e12), st.floats(1e6, 1e14), st.floats(1, 500), st.floats(1, 1e5))
def test_the_limit_is_the_nearer_roof_unless_time_is_far_above_both(size: float, flops: float, bandwidth: float, speed: float) -> None:
    memory, compute = size / bandwidth / 1e6, flops / speed / 1e6
    at_roof = limit_of(size, flops, max(memory, compute) * 1.1, bandwidth, speed)
    assert at_roof.kind == ("memory" if memory > compute else "compute")
    assert limit_of(size, flops, max(memory, compute) * 10, bandwidth, speed).kind == "overhead"
    assert not any(c.isdigit() for c in at_roof.words.replace("int8", ""))
