"""`choose_hosting`: ranks every way to host a workload by what a month costs under its targets, and says from what volume owning pays.

Puts the search, the options by the token and the verdict together as result keys. An estimate from calibrated physics and dated prices,
never a measurement; judges no quality beyond what is published about number formats, and says where nothing is known.
"""

from dataclasses import replace

from knowledge.errors import UserError
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.estimation.hosting.answer import entry, notes, turned_down, verdict_keys
from tools.estimation.hosting.audited import plainly
from tools.estimation.hosting.break_even import volume
from tools.estimation.hosting.cpu import cpu_options
from tools.estimation.hosting.edge import edge_options
from tools.estimation.hosting.gpu import search
from tools.estimation.hosting.hosted import hosted, usd_per_request
from tools.estimation.hosting.option import Option, Tally, ranked
from tools.estimation.hosting.quality import OTHER_MODEL
from tools.estimation.hosting.question import Question, read
from tools.estimation.hosting.records import Book
from tools.estimation.hosting.rented import gpu_option
from tools.estimation.hosting.sentences import sentences
from tools.estimation.hosting.verdict import Verdict, decide
from tools.estimation.tool import ChooseHosting


def run(args: ChooseHosting, context: ToolContext) -> ToolResult:
    """The work of `choose_hosting`. Raises UserError as `question.read` does."""
    question = read(args, context)
    tally = Tally()
    bought = hosted(question, tally)
    price = usd_per_request(bought.now, question)[1] if bought.now is not None else None
    rented, firsts, devices = _own(question, price, tally)
    if question.shape is None and bought.now is None:
        raise UserError("nothing-to-host", f"Neither a price nor an open model is known for {args.model}.", "Name one with --open-model.")
    verdict = decide(question, rented, firsts, bought)
    book = Book(args if question.counted is None else plainly(args, question.counted))
    rests_on = [] if question.counted is None else book.usage(question.counted)
    assumed = [*rests_on, *(book.assumed(number, one) for number, one in enumerate(question.assumed))]
    options = _unique([*rented, *bought.managed, *([bought.now] if bought.now else []), *bought.shrink])
    shown = [*options, *devices]
    ids = [book.month(option, question, tuple(assumed)) for option in shown]
    result = {
        **verdict_keys(question, verdict, bought, book, tuple(assumed)),
        "options": [entry(option, question, known) for option, known in zip(shown, ids, strict=True)],
        "rejected": [turned_down(one) for one in tally.rejected()],
        "rejected_count": tally.configurations - len(shown),
        "configurations": tally.configurations,
        "pruned": tally.pruned,
        "traffic": {"requests_per_month": question.requests_per_month, "peak_per_second": question.peak_per_second},
        "assumed": [{"claim": one.claim, "value": one.value.as_dict(), "unit": one.unit, "change": one.term} for one in question.assumed],
        "notes": notes(question, shown),
    }
    said = [*_unheld(question, verdict, tally), *sentences(question, verdict, bought, shown, ids, book)]
    return ToolResult(result=result, evidence=tuple(book.records.values()), statements=tuple(said), questions=_asks(question))


def _unheld(question: Question, verdict: Verdict, tally: Tally) -> list[Statement]:
    """Why the machines that were asked about are not among the options."""
    if question.held is None or question.shape is None or (verdict.switch is not None and verdict.switch.held):
        return []
    why = tally.why("gpu", question.held.chip.name) or "the format, count or place asked for is not to be had"
    text = "{gpu} could not be weighed here ({why}): what is said of hosting it yourself is about other machines."
    return [Statement(text=text, names={"gpu": question.held.name, "why": why})]


def _own(question: Question, price: float | None, tally: Tally) -> tuple[list[Option], tuple[Option | None, Option | None], list[Option]]:
    """Rented options, the first to break even of those that are ranked and of those kept aside, and devices."""
    shape = question.shape
    if shape is None:
        return [], (None, None), []
    found = search(question, shape, price, tally)
    processors, cpu_first = cpu_options(question, shape, price, tally)
    rented = [*(replace(gpu_option(pick, question), held=pick is found.held) for pick in found.picks), *processors]
    firsts = [gpu_option(found.first, question)] if found.first else []
    firsts += [cpu_first] if cpu_first and found.held is None else []
    beside = gpu_option(found.first_aside, question) if found.first_aside else None
    devices = edge_options(question, shape, tally)
    if question.is_other:
        rented, firsts, devices = ([_other_model(o, question) for o in group] for group in (rented, firsts, devices))
        beside = None if beside is None else _other_model(beside, question)
    return rented, (_earliest(firsts, price), beside), devices


def _other_model(option: Option, question: Question) -> Option:
    """What an open model keeps of itself says nothing about its doing an API model's work."""
    text = f"{OTHER_MODEL.text}; of its own, {option.quality.text}"
    return replace(option, quality=replace(OTHER_MODEL, text=text), asked=question.is_named)


def _earliest(firsts: list[Option], price: float | None) -> Option | None:
    found = [(at.first, n) for n, one in enumerate(firsts) if one.steps and price and (at := volume(one.steps[1], price)) is not None]
    return firsts[min(found)[1]] if found else None


def _unique(options: list[Option]) -> list[Option]:
    """Ranked; what came in twice (the host that is used now) once."""
    seen = {
        (o.kind in ("api", "managed"), o.name, o.machine, o.region, o.precision, o.count, o.interruptible): o for o in reversed(options)
    }
    return ranked(seen.values())


def _asks(question: Question) -> tuple[str, ...]:
    """What would narrow the answer."""
    asks = ["requests_per_month"] if any("Busiest" in one.claim for one in question.assumed) and question.api is None else []
    if question.how_open == "offered":
        asks.append("Which open model could take the place of the API model (--open-model)?")
    return tuple(asks)
