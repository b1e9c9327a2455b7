"""Declaration of `make_plan`. Light."""

from typing import Literal

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec


class MakePlan(Arguments):
    """Arguments of `make_plan`. Facts, bills and measurements come from the session, never from here."""

    sort: Literal["step", "saving", "payback", "effort"] = Field("step", description="Order in which actions are listed")
    leave_out: list[str] = Field(default_factory=list, description="Techniques the user does not want")


MAKE_PLAN = ToolSpec(
    name="make_plan",
    summary="Make the costed plan: actions in order with ranges, one-time cost, payback, and a verdict for every technique",
    args=MakePlan,
    runs="inline",
    entry="tools.planning.work:run",
)
