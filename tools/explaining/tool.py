"""Declaration of `explain`. Light."""

import re

from pydantic import Field

from tools.contracts.tool import Arguments, ToolSpec

#: "why?", "why that one first?": about the plan that was just said.
ASKS_WHY = re.compile(
    r"(?i)\W*(?:but |and )?(?:why|how come|how so)(?: (?:not|so|is|was|that|this|it|the|first|action|one|step|plan))*\W*$"
)

#: "what would move the needle most?", "where should we start?": about the plan's largest action.
ASKS_MOST = re.compile(
    r"(?i)\b(?:what|which|where|how)\b.*\b(?:moves? the needle|(?:biggest|largest|best) (?:lever|win|saving|impact)s?\b|"
    r"saves? (?:us |me |you )?(?:the )?most\b(?! (?:memory|energy|power|carbon|time|tokens?|space|compute))|"
    r"low(?:est)?[- ]hanging|quick(?:est)? wins?\b|"
    r"(?:should|shall|do|would|could|can) (?:we|i|you) (?:best )?(?:start|begin|(?:do|fix|tackle|change|try|act on) first)\W*$)"
)


class Explain(Arguments):
    """Arguments of `explain`."""

    topic: str = Field(min_length=1, max_length=500, description="A technique or concept, an evidence id, or a figure as shown")


EXPLAIN = ToolSpec(
    name="explain",
    summary="Explain a technique, a verdict, or where a number comes from",
    args=Explain,
    runs="inline",
    entry="tools.explaining.work:run",
)
