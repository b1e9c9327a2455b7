"""Work of `make_plan`: the costed plan of a session. Pure and deterministic: the same session gives the same bytes.

Reads workloads, bills, measured comparisons, left-out techniques and edited assumptions from the session; writes no
files. Decides in `decide`, writes down in `render`; money a month in the currency of the bills (USD without one).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from knowledge.errors import UserError
from knowledge.techniques import cards
from tools.contracts.tool import ToolContext, ToolResult
from tools.planning.combine import Calculator
from tools.planning.decide import decide
from tools.planning.facts import normal
from tools.planning.narrative import statements
from tools.planning.questions import next_questions
from tools.planning.render import headline, write
from tools.planning.tool import MakePlan


def technique_names() -> dict[str, tuple[str, ...]]:
    """Technique id -> its normalised id, title and aliases."""
    return {c.id: tuple(normal(x) for x in (c.id.replace("_", " "), c.title, *c.aliases)) for c in cards()}


def left_out_ids(names: Sequence[str], known: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Technique ids from ids, titles or aliases. Raises UserError `unknown-technique` with the nearest names."""
    found = set()
    for name in names:
        plain = normal(name.split("@")[0].replace("_", " "))
        hits = [key for key, words in known.items() if plain in words]
        if not hits:
            hits = [key for key, words in known.items() if plain and any(plain in word for word in words)]
        if not hits:
            from rapidfuzz import process

            near = [hit[0] for hit in process.extract(plain, list(known), limit=3)]
            raise UserError("unknown-technique", f'There is no technique called "{name[:60]}".', f"Did you mean {' or '.join(near)}?")
        found |= set(hits)
    return frozenset(found)


def run(args: MakePlan, context: ToolContext) -> ToolResult:
    """Makes the plan. Raises UserError `no-workload`, `no-cost-known`, `mixed-currencies`, `unknown-technique`, `unknown-assumption`."""
    names = technique_names()
    out = left_out_ids(args.leave_out, names) | left_out_ids(sorted(context.session.left_out), names)
    session = replace(context.session, left_out=out)
    decision = decide(session)
    questions = next_questions(session)
    candidates = [c.candidate for c in decision.costed]
    calculator = Calculator([line for line in decision.baseline.lines if line.addressable], candidates, decision.settings, draws=0)
    written = write(decision, calculator, session, questions, args.sort)
    return ToolResult(
        result=headline(written, decision, questions),
        evidence=tuple(written.evidence),
        statements=statements(written, decision),
        plan=written.plan,
        questions=tuple(q.field for q in questions),
    )
