"""WORKLOAD.yaml: read safely, and every mistake named with the way to mend it."""

import pytest

from knowledge.errors import UserError
from tools.planning.workload_file import read_workload


def read(tmp_path, text, name="workload.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_workload(path)


def test_one_mapping_or_a_list(tmp_path):
    one = read(tmp_path, "task: chatbot\nmodel: gpt-4o\nrequests_per_day: 1000\n")
    assert one[0].monthly_requests == pytest.approx(30416.67, abs=0.01)
    two = read(tmp_path, "workloads:\n  - {model: gpt-4o}\n  - {hardware: H100, gpu_count: 8}\n")
    assert [w.gpu_count for w in two] == [None, 8]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("request_per_day: 5", "unknown-field", "requests_per_day"),
        ("utilization: 35", "workload-value", "0.35"),
        ("gpu_count: many", "workload-value", "gpu_count"),
        ("monthly_cost_usd: .inf", "workload-value", "between 0"),
        ("monthly_cost_usd: -5", "workload-value", "between 0"),
        ("hours_per_day: 25", "workload-value", "24"),
        ("", "workload-empty", "field"),
        ("[1, 2]", "workload-empty", "field"),
        ("workloads: []", "workload-empty", "workloads"),
        ("a: &x [1]\nb: *x", "workload-unreadable", "field"),
        ("a: !!python/object/apply:os.system [ls]", "workload-unreadable", "field"),
        ("a: [", "workload-unreadable", "field"),
        (b"\xff\xfe\x00", "workload-unreadable", ""),
        ("model: " + "x" * 1_100_000, "workload-too-large", "bill"),
        ("workloads: [" + "{model: a}," * 51 + "]", "workload-too-large", "Split"),
    ],
)
def test_each_mistake_says_what_to_do(tmp_path, text, code, said):
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert caught.value.code == code
    assert said in caught.value.message + caught.value.hint
    assert str(tmp_path) not in caught.value.message + caught.value.hint


def test_a_missing_file_is_named_without_its_folder(tmp_path):
    with pytest.raises(UserError) as caught:
        read_workload(tmp_path / "gone.yaml")
    assert caught.value.code == "workload-not-found" and "gone.yaml" in caught.value.message and str(tmp_path) not in caught.value.message
