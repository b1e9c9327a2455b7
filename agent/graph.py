"""The turn as a LangGraph StateGraph: intake -> choose -> act (once a call) -> plan -> answer.

Checkpoints go to the same SQLite file as the store; a waiting consent card therefore survives a restart.
"""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph

from agent.context import TurnContext
from agent.nodes.act import act, after_act
from agent.nodes.answer import answer
from agent.nodes.choose import choose
from agent.nodes.intake import intake
from agent.nodes.plan import plan
from agent.state import TurnState

STEP_LIMIT = 12


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> Any:
    """The compiled graph."""
    graph = StateGraph(TurnState, context_schema=TurnContext)
    for name, node in (("intake", intake), ("choose", choose), ("act", act), ("plan", plan), ("answer", answer)):
        graph.add_node(name, node)
    graph.add_edge(START, "intake")
    graph.add_edge("intake", "choose")
    graph.add_conditional_edges("choose", after_act, ["act", "plan"])
    graph.add_conditional_edges("act", after_act, ["act", "plan"])
    graph.add_edge("plan", "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=checkpointer)
