"""Running turns: they outlive the page that started them, send signs of life, and end in a message whatever breaks."""

import threading

import pytest

from agent.events import End, Failed, Text
from app.turns import LiveTurn, Turns
from knowledge.errors import ToolError, UserError


def _turn():
    return LiveTurn("ada", "c1", 0, "hi")


def test_a_turn_goes_on_when_its_follower_goes_away():
    go, turns = threading.Event(), Turns()

    def source():
        yield Text(text="one")
        go.wait(5)
        yield Text(text="two")
        yield End(backend="b", seconds=0)

    turn = turns.start(_turn(), source)
    follower = turn.follow()
    next(follower)
    follower.close()  # the tab is closed
    go.set()
    assert [type(event).__name__ for event in list(turn.follow())[-1]] == ["Status", "Text", "Text", "End"]
    assert turns.live("ada", "c1") is None


def test_a_silent_turn_still_gives_signs_of_life():
    go, turns = threading.Event(), Turns()

    def source():
        go.wait(5)
        yield End(backend="b", seconds=0)

    turn = turns.start(_turn(), source)
    follower = turn.follow()
    silent = [next(follower) for _ in range(4)]
    assert [len(events) for events in silent[1:]] == [1, 1, 1], "nothing new, and still an answer each time"
    go.set()
    list(follower)
    assert turn.is_done


def test_one_turn_at_a_time_in_a_conversation():
    go, turns = threading.Event(), Turns()

    def source():
        go.wait(5)
        yield End(backend="b", seconds=0)

    turn = turns.start(_turn(), source)
    with pytest.raises(UserError) as problem:
        turns.start(_turn(), source)
    assert problem.value.code == "turn-running"
    go.set()
    list(turn.follow())


@pytest.mark.parametrize(
    ("problem", "code"),
    [(ToolError("worker-died", "It died.", "Again."), "worker-died"), (ZeroDivisionError("/secret/path"), "internal-error")],
)
def test_whatever_breaks_becomes_a_message_without_a_traceback(problem, code):
    def source():
        yield Text(text="so far")
        raise problem

    turns = Turns()
    last = list(turns.start(_turn(), source).follow())[-1][-1]
    assert isinstance(last, Failed) and last.error["code"] == code and "/secret" not in str(last.error)
