"""What `choose_hosting` says of the months themselves: what the bill counts, what a month consists of, and what was assumed.

Sentences with placeholders; every figure is one of the answer's records. Computes nothing. The verdict's own words: `sentences.py`.
"""

from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.tool import Statement
from tools.estimation.hosting.option import Option
from tools.estimation.hosting.people import SAY_MOVING, SAY_RUNNING
from tools.estimation.hosting.question import Question
from tools.estimation.hosting.records import Book, label
from tools.estimation.hosting.verdict import Verdict


def what_the_bill_counts(question: Question, paid: str | None, book: Book) -> list[Statement]:
    """What the bill counts and charged, and the requests that it means. `paid`: the record of what staying costs."""
    counted = question.counted
    if counted is None:
        return []
    figures = {name: book.records[f"billed {what}"].id for name, what in (("in", "Input"), ("cached", "Cached input"), ("out", "Output"))}
    figures |= {"requests": book.records["counted Requests"].id, "each": book.records["counted Input tokens"].id}
    text = "Your bill counts {in} of input a month for {model}, {cached} of it cached, and {out} of output"
    if counted.times != 1:
        text = text.replace("Your bill counts", "Before the traffic that you suppose, your bill counts")
    elif counted.usd is not None and paid is not None:
        text, figures["paid"] = text + ", at {paid}, which is what staying costs here", paid
    if counted.assumed is not None:
        text += ". It counts no requests: with answers of {answer}, which is assumed, they are {requests} a month, {each} in each"
        figures["answer"] = next(r.id for r in book.records.values() if r.claim == counted.assumed.claim)
    else:
        text += ". That is taken as {requests} a month, {each} in and {answer} out each"
        figures["answer"] = book.records["counted Output tokens"].id
    return [Statement(text=f"{text}.", figures=figures, names={"model": counted.month.model})]


def replicas_of(option: Option, book: Book) -> str:
    """The record of the replicas for the peak."""
    low, likely, high = option.replicas or (0, 0, 0)
    return book.figure("replicas", option, "Replicas for the peak", Range(float(low), float(likely), float(high)), "replicas")


def what_they_consist_of(question: Question, verdict: Verdict, book: Book) -> list[Statement]:
    """What the months with people's time in them consist of, and how to set what was assumed of it."""
    said, assumed = [], set()
    for key, option in (("switch", verdict.switch), ("shrink", verdict.shrink)):
        if option is None or not option.work.high:
            continue
        parts = book.parts(key, option, question)
        words = {
            "machines": "{machines} is for machines",
            "tokens": "{tokens} is for tokens",
            "running": "{running} for the people who run it",
            "moving": "{moving} for the move",
        }
        listed = [text for name, text in words.items() if name in parts]
        if key == "switch" and option.replicas is not None:
            parts["replicas"] = replicas_of(option, book)
            listed[0] = "{machines} is for the machines of {replicas}"
        if "median" in parts:
            listed[0] += " at the cheapest of {sellers} sellers ({median} at their median)"
        text = f"Of {{way}}, {', '.join(listed)}."
        said.append(Statement(text=text, figures=parts, names={"way": label(option)}))
        assumed |= {name for name in ("running", "moving") if name in parts and book.records[f"{key} {name}"].tier is Tier.ASSUMED}
    ways = [text for name, text in (("running", SAY_RUNNING), ("moving", SAY_MOVING)) if name in assumed]
    if ways:
        text = "Assumed: people's time and the move, spread over the months in which it must pay back; say {how} to set them."
        said.append(Statement(text=text, names={"how": " or ".join(ways)}))
    return said


def what_was_assumed(question: Question, book: Book, shown: list[Option], told: str) -> list[Statement]:
    """What the options rest on beside what was stated. `told`: how to set what was said before; each way is said once."""
    said = []
    for number, one in enumerate(question.assumed if shown else ()):
        names = {"what": one.claim[:1].lower() + one.claim[1:]}
        if one.words.removeprefix("say ").removesuffix(" to change it") not in told:
            names["how"] = one.words
            told += one.words
        text = "Assumed: {what} {value}; {how}." if "how" in names else "Assumed: {what} {value}."
        said.append(Statement(text=text, figures={"value": book.records[f"assumed {number}"].id}, names=names))
    return said
