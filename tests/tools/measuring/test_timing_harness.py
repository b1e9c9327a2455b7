"""Promise to whoever reads a comparison: no difference is claimed where there is none, and a real one is found.

Targets are simulated clocks with noise and drift, so that hundreds of comparisons run in a second.
"""

import math

import numpy as np
import pytest

from tools.measuring import harness
from tools.measuring.machine import EnergyCounter


class Simulated:
    """A target of about 5 ms whose speed drifts over time, shared by all targets of one machine."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.clock = 0

    def block(self, slower: float = 1.0):  # type: ignore[no-untyped-def]
        def run(count: int) -> list[int]:
            taken = []
            for _ in range(count):
                self.clock += 1
                drift = 1 + 0.08 * math.sin(self.clock / 300)
                taken.append(int(5e6 * slower * drift * self.random.lognormal(0, 0.05)))
            return taken

        return run


def verdict(seed: int, slower: float) -> str:
    machine = Simulated(seed)
    rounds = harness.interleave({"a": machine.block(), "b": machine.block(slower)}, max_seconds=30, half_width=0.01)
    return harness.differs(harness.compare(rounds, "a", "b"))


def test_the_same_target_twice_is_called_different_at_most_rarely() -> None:
    wrong = sum(verdict(seed, 1.0) != "same" for seed in range(200))
    assert wrong <= 0.05 * 200


def test_a_slow_down_of_a_twentieth_is_found() -> None:
    assert sum(verdict(seed, 1.05) == "slower" for seed in range(100)) >= 95


def test_drift_that_would_fool_one_after_the_other_cancels() -> None:
    machine = Simulated(1)
    machine.block()(1)

    def climbing(count: int) -> list[int]:
        machine.clock += count
        return [int(5e6 * (1 + machine.clock / 2000))] * count

    rounds = harness.interleave({"a": climbing, "b": climbing}, max_seconds=5, min_rounds=10)
    ratio = harness.compare(rounds, "a", "b")
    assert ratio.likely == pytest.approx(1, abs=0.01)


def test_sampling_goes_on_until_it_has_ten_calls_and_two_seconds() -> None:
    samples = harness.measure(lambda count: [150_000_000] * count)
    assert samples.iterations >= 14
    slow = harness.measure(lambda count: [700_000_000] * count)
    assert slow.iterations == 10


def test_percentiles_carry_an_interval_that_holds_them() -> None:
    samples = harness.Samples(tuple(int(v) for v in np.random.default_rng(0).lognormal(15, 0.2, 300)))
    for percent in (50, 95):
        value = samples.percentile_ms(percent)
        assert value.low < value.likely < value.high
        assert value.likely == pytest.approx(np.percentile(samples.nanoseconds, percent) / 1e6)


@pytest.mark.parametrize(("freedom", "known"), [(1, 12.706), (3, 3.182), (5, 2.571), (9, 2.262), (30, 2.042), (200, 1.972)])
def test_the_t_quantile_agrees_with_the_table(freedom: int, known: float) -> None:
    assert harness.student_t95(freedom) == pytest.approx(known, rel=0.012)


def test_energy_comes_from_a_counter_or_not_at_all(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert not EnergyCounter(tmp_path).available
    package = tmp_path / "intel-rapl:0"
    package.mkdir()
    (package / "energy_uj").write_text("900000")
    (package / "max_energy_range_uj").write_text("1000000")
    counter = EnergyCounter(tmp_path)
    before = counter.read()
    (package / "energy_uj").write_text("400000")
    assert counter.joules(before, counter.read()) == pytest.approx(0.5), "the counter wrapped round once"
