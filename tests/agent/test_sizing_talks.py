"""Promise to everybody who sizes in conversation: each turn reaches the tool that answers it, with what was said turns ago."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sizing_talk import Talk, faults, scripted_reader
from sizing_talks import FIFTH, FIRST, FOURTH, NOT_SIZING, SECOND, SIZING, THIRD, Turn

from agent.llm.reader import Reader
from agent.reading.spelling import spelled
from tools.store.store import Store


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Reader, Path]]:
    folder = tmp_path_factory.mktemp("talks")
    store = Store.open(folder / "frugal.db")
    yield store, scripted_reader(folder), folder
    store.close()


@pytest.mark.parametrize("turns", FIRST, ids=lambda turns: turns[0].text[:50])
def test_each_turn_reaches_its_tool_with_what_was_said(room: tuple[Store, Reader, Path], turns: tuple[Turn, ...]) -> None:
    assert not [(turn.text, fault) for turn, fault in zip(turns, faults(Talk(*room), turns), strict=True) if fault]


@pytest.mark.parametrize(
    ("turns", "wrong"), [(SECOND, 2), (THIRD, 2), (FOURTH, 3), (FIFTH, 10)], ids=["second", "third", "fourth", "fifth"]
)
def test_wordings_that_the_routing_was_not_made_for(
    room: tuple[Store, Reader, Path], turns: tuple[tuple[Turn, ...], ...], wrong: int
) -> None:
    """At most so many turns go wrong: a figure to lower, and never to raise."""
    found = [(turn.text, fault) for talk in turns for turn, fault in zip(talk, faults(Talk(*room), talk), strict=True) if fault]
    assert len(found) <= wrong, found


@pytest.mark.parametrize(("before", "text"), NOT_SIZING, ids=lambda one: one if isinstance(one, str) else "")
def test_what_asks_no_size_calls_no_tool_that_sizes(room: tuple[Store, Reader, Path], before: tuple[str, ...], text: str) -> None:
    talk = Talk(*room)
    for said in before:
        talk.say(said)
    calls, _ = talk.say(text)
    assert not SIZING & {call["tool"] for call in calls}


def test_a_fact_stated_after_a_what_if_counts_from_then_on(room: tuple[Store, Reader, Path]) -> None:
    talk = Talk(*room)
    talk.say("How fast is llama 3.1 8b on an L40S at 5 rps with 1000 tokens in and 200 out?")
    talk.say("what if traffic doubles?")
    talk.say("By the way, here is something that we learned only today from our colleagues in operations: we get 8 requests a second")
    (call,), _ = talk.say("how many L4s would that need?")
    assert call["args"].get("requests_per_second") == 8 or call["args"].get("requests_per_month") == pytest.approx(8 * 86_400 * 365 / 12)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("whats the troughput", "what is the throughput"),
        ("how mcuh is it", "how much is it"),
        ("cheepest gpu", "cheapest gpu"),
        ("we spend the rest on a server that could host it", "we spend the rest on a server that could host it"),
        ("llama-3.1-8b throughputt", "llama-3.1-8b throughput"),
    ],
)
def test_plain_typing_errors_are_put_right_and_nothing_else(typed: str, meant: str) -> None:
    assert spelled(typed) == meant
