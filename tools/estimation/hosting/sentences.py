"""What `choose_hosting` says: the verdict with its three ways, where owning pays, the cheapest of each kind.

Sentences with placeholders; every figure is one of the answer's records. Computes nothing.
"""

from itertools import product
from math import inf
from string import ascii_lowercase

from knowledge.prices_here import STRANGERS
from knowledge.ranges import Range
from tools.contracts.tool import Statement
from tools.estimation.hosting.hosted import Hosted
from tools.estimation.hosting.months import replicas_of, what_the_bill_counts, what_they_consist_of, what_was_assumed
from tools.estimation.hosting.option import Option
from tools.estimation.hosting.question import Question
from tools.estimation.hosting.records import Book, label
from tools.estimation.hosting.verdict import Pays, Verdict

_HEADS = {
    "stay": "Stay with {way}: {usd}.",
    "bought": "Buy {open} by the token: {way} costs {usd}.",
    "switch": "Run {open} yourself, {replicas} of {way}, its cheapest seller: {usd}, with the work it takes.",
    "shrink": "Move to a cheaper model: {way} costs {usd}, with the work of moving.",
}
_TITLES = {
    "gpu": "Rented accelerators, with the work they take",
    "cpu": "Rented processors, with the work they take",
    "managed": "Other sellers of the open model by the token",
    "api": "Other models by the token",
}


def sentences(question: Question, verdict: Verdict, bought: Hosted, shown: list[Option], ids: list[str], book: Book) -> list[Statement]:
    """The answer in words. `ids`: the record of each option that is shown."""
    known = {id(option): record for option, record in zip(shown, ids, strict=True)}
    parts = what_they_consist_of(question, verdict, book)
    return [
        *_verdict(question, verdict, known, book),
        *what_the_bill_counts(question, _record(verdict.stay, known), book),
        *parts,
        *_aside(verdict, book),
        *_fixes(bought, book),
        *_pays(verdict.pays, "volume", book),
        *_pays(verdict.pays_hosted, "hosted volume", book),
        *_hardware(question, verdict, book),
        *(
            one.model_copy(update={"is_note": True})
            for one in (
                *_pays_aside(verdict, book),
                *_cautions(verdict),
                *_lists(shown, verdict, known),
                *_devices(shown, known),
                *what_was_assumed(question, book, shown, " ".join(one.names.get("how", "") for one in parts)),
            )
        ),
    ]


def _names(question: Question, text: str, **names: str) -> dict[str, str]:
    """The names of a sentence, the open model's where it is named."""
    return names | ({"open": question.shape.name} if question.shape is not None and "{open}" in text else {})


def _model(option: Option, question: Question) -> str:
    """The model that an option runs."""
    return option.model or (question.shape.name if question.shape is not None else option.name)


def _record(option: Option | None, known: dict[int, str]) -> str | None:
    return None if option is None else known.get(id(option))


def _verdict(question: Question, verdict: Verdict, known: dict[int, str], book: Book) -> list[Statement]:
    chosen = verdict.chosen
    record = _record(chosen, known)
    said = []
    if chosen is None or record is None:
        said.append(_nothing(question))
    else:
        head = "bought" if verdict.choice == "stay" and question.api is None else verdict.choice
        text = _HEADS[head]
        if verdict.is_conditional:
            text = f"If the quality holds on your data, {text[0].lower()}{text[1:]}"
        figures = {"usd": record}
        if head == "switch" and chosen.replicas is not None:
            figures["replicas"] = replicas_of(chosen, book)
        said.append(Statement(text=text, figures=figures, names=_names(question, text, way=label(chosen))))
    return [
        *said,
        *_beside(question, verdict, known),
        *_other_machines(verdict, known),
        *_quality(question, verdict),
        *_speed(question, verdict),
    ]


def _aside(verdict: Verdict, book: Book) -> list[Statement]:
    """What would be cheaper, on machines that a company would think twice about."""
    option = verdict.aside
    if option is None:
        return []
    where = "on a marketplace machine" if STRANGERS in option.reserve else "on a desktop card"
    text = f"{'Cheaper' if verdict.switch is not None else 'Only'} {where}: {{way}}, {{usd}} for machines; {{why}}; {{how}}."
    how = "name its seller, or give marketplace=yes, to count it in"
    return [
        Statement(
            text=text, figures={"usd": book.bought("marketplace", option)}, names={"way": label(option), "why": option.reserve, "how": how}
        )
    ]


def _pays_aside(verdict: Verdict, book: Book) -> list[Statement]:
    pays, record = verdict.pays_aside, book.records.get("marketplace volume")
    ranked = verdict.pays.likely if verdict.pays is not None else None
    if pays is None or pays.likely is None or record is None or (ranked is not None and ranked.first <= pays.likely.first):
        return []
    text = "With marketplace machines and desktop cards counted in, self-hosting pays from {volume} a month on, first on {way}."
    return [Statement(text=text, figures={"volume": record.id}, names={"way": label(pays.option)})]


def _fixes(bought: Hosted, book: Book) -> list[Statement]:
    """What can be paid less for without moving."""
    if not bought.fixes or bought.now is None:
        return []
    letters = ascii_lowercase[: len(bought.fixes)]
    text = "; ".join(f"{{title_{c}}} {{usd_{c}}}" for c in letters)
    return [
        Statement(
            text=f"Without moving: {text}.",
            figures={f"usd_{c}": book.records[f"fix {offer.kind}"].id for c, offer in zip(letters, bought.fixes, strict=True)},
            names={f"title_{c}": offer.title[:1].lower() + offer.title[1:] for c, offer in zip(letters, bought.fixes, strict=True)},
        )
    ]


def _nothing(question: Question) -> Statement:
    if question.shape is not None and question.shape.kind != "decoder":
        text = "{model} does not write text token by token as an LLM does: its hosting is not estimated here; measure it."
        return Statement(text=text, names={"model": question.shape.name})
    return Statement(text="Nothing that keeps the targets has a known price; the rejected say what each lacks.")


def _beside(question: Question, verdict: Verdict, known: dict[int, str]) -> list[Statement]:
    """The ways that were not chosen."""
    ways = (
        ("by the token at" if question.api is None else "staying with", verdict.stay),
        ("running {open} yourself on", verdict.switch),
        ("another model by the token,", verdict.shrink),
    )
    others = [
        (words, option, rec) for words, option in ways if option is not verdict.chosen and (rec := _record(option, known)) is not None
    ]
    if not others:
        return []
    letters = ascii_lowercase[: len(others)]
    text = "; ".join(f"{words} {{way_{c}}} {{usd_{c}}}" for c, (words, _, _) in zip(letters, others, strict=True))
    ways_named = {f"way_{c}": label(option) for c, (_, option, _) in zip(letters, others, strict=True) if option is not None}
    names = _names(question, text, **ways_named)
    figures = {f"usd_{c}": rec for c, (_, _, rec) in zip(letters, others, strict=True)}
    return [Statement(text=f"Beside it: {text}.", figures=figures, names=names)]


def _other_machines(verdict: Verdict, known: dict[int, str]) -> list[Statement]:
    """The best beside the machines that were asked about."""
    record = _record(verdict.other, known)
    if verdict.other is None or record is None:
        return []
    return [Statement(text="Of other machines {way} costs least: {usd}.", figures={"usd": record}, names={"way": label(verdict.other)})]


def _quality(question: Question, verdict: Verdict) -> list[Statement]:
    if verdict.is_conditional and verdict.chosen is not None:
        text = "How good {model} is on your data is not known: measure it on a sample before you move."
        return [Statement(text=text, names={"model": _model(verdict.chosen, question)})]
    unknown = [o for o in (verdict.switch, verdict.shrink) if o is not None and not o.quality.is_known]
    if unknown and question.floor > 0:
        text = "Under your quality floor {model} may not be chosen: how good it is on your data is not known."
        return [Statement(text=text, names={"model": _model(unknown[0], question)})]
    return []


def _speed(question: Question, verdict: Verdict) -> list[Statement]:
    """A latency target is not held against sellers by the token: nobody publishes how fast they are, so that is said first of all."""
    chosen = verdict.chosen
    if chosen is None or not chosen.model or min(question.target.ttft_s, question.target.tpot_s) == inf:
        return []
    text = "How fast {way} answers is not known here: test it against your latency target. What is said of rented machines keeps it."
    return [Statement(text=text, names={"way": label(chosen)})]


def _pays(pays: Pays | None, name: str, book: Book) -> list[Statement]:
    if pays is None:
        return []
    names = {"way": label(pays.option), "against": pays.against.name}
    found, record = pays.likely, book.records.get(name)
    if found is None or record is None:
        text = "Against {against} self-hosting pays at no volume with this peak: even full at every peak, {way} costs more a request."
        return [Statement(text=text, names=names)]
    figures = {"volume": record.id}
    text = "Against {against} self-hosting pays from {volume} a month on, first on {way}"
    if found.stays_cheaper:
        text += ", and stays cheaper from there."
    else:
        text += "; the next machines make it dearer for a while, and from {always} a month on it stays cheaper."
        figures["always"] = book.records[f"{name} always"].id
    said = [Statement(text=text, figures=figures, names=names)]
    if pays.volumes[2] is None:
        said.append(Statement(text="At the cautious end of the estimate it pays at no volume.", names={}))
    return said


def _hardware(question: Question, verdict: Verdict, book: Book) -> list[Statement]:
    """The cheapest rented option: how fast and how busy."""
    switch = verdict.switch
    if switch is None:
        return []
    figures, words = {}, []
    times: tuple[tuple[str, str, str, Range | None], ...] = (
        ("ttft_ms", "to first token", "{ttft_ms} to the first token", switch.ttft_ms),
        ("tpot_ms", "per output token", "{tpot_ms} a token", switch.tpot_ms),
    )
    for key, what, text, value in times:
        if value is not None:
            figures[key] = book.figure(key, switch, f"Mean time {what} at the planned peak", value, "ms")
            words.append(text)
    machines = Range(*(float(n) for n in switch.machines)) if switch.machines else None
    if machines is not None and switch.machines != switch.replicas:
        figures["machines"] = book.figure("machines", switch, "Machines for the peak", machines, "")
        words.append("{machines} rented at a time")
    said = [Statement(text=f"{{way}}: {', '.join(words)}.", figures=figures, names={"way": label(switch)})] if words else []
    needed = book.records.get("needed utilization")
    other = "buying by the token" if question.api is None else "staying"
    if switch.utilization is None:
        return said
    busy = {"used": book.figure("utilization", switch, "Share of what is paid that is at work over the month", switch.utilization, "ratio")}
    if needed is not None:
        text, busy["needed"] = (
            "Over the month {used} of what is paid is at work; it costs as little as {other} from {needed} on.",
            needed.id,
        )
    elif verdict.stay is not None:
        text = "Over the month {used} of what is paid is at work; not even all of it would make it as cheap as {other}."
    else:
        text = "Over the month {used} of what is paid is at work."
    return [*said, Statement(text=text, figures=busy, names={"other": other} if "{other}" in text else {})]


def _cautions(verdict: Verdict) -> list[Statement]:
    """What must be asked or measured before the machines that were named are relied on."""
    named = [verdict.switch, *(pays.option for pays in (verdict.pays, verdict.pays_hosted) if pays is not None)]
    told = {label(option): option.notes for option in named if option is not None and option.notes}
    return [Statement(text="{way}: {notes}.", names={"way": way, "notes": "; ".join(notes)}) for way, notes in told.items()]


def _lists(shown: list[Option], verdict: Verdict, known: dict[int, str]) -> list[Statement]:
    """The three cheapest of each kind."""
    said = []
    for kind, title in _TITLES.items():
        priced = [o for o in shown if o.kind == kind and o.total is not None and o is not verdict.stay]
        for aside, spot in product((False, True), (False, True)):
            group = [o for o in priced if (o.aside, o.interruptible) == (aside, spot)][:3]
            if not group:
                continue
            ends = [
                ", kept out of the ranking (machines of strangers, desktop cards)" if aside else "",
                ", which can be taken away (spot)" if spot else "",
            ]
            places = ascii_lowercase[: len(group)]
            text = ", ".join(f"{{name_{c}}} {{usd_{c}}}" for c in places)
            said.append(
                Statement(
                    text=f"{title}{''.join(ends)}: {text}.",
                    figures={f"usd_{c}": known[id(o)] for c, o in zip(places, group, strict=True)},
                    names={f"name_{c}": label(o) for c, o in zip(places, group, strict=True)},
                )
            )
    if any(o.kind in ("managed", "api") and o.ttft_ms is None for o in shown):
        said.append(Statement(text="How fast sellers by the token are is not known here, so no latency target was held against them."))
    if any(o.is_old for o in shown):
        said.append(Statement(text="Some of these prices are old: they are marked, and should be compared with the seller's page."))
    return said


def _devices(shown: list[Option], known: dict[int, str]) -> list[Statement]:
    device = next((o for o in shown if o.kind == "edge"), None)
    if device is None:
        return []
    text = "For one stream on a desk or device: {way} makes {speed}; its price is not known, so it is not ranked."
    return [Statement(text=text, figures={"speed": known[id(device)]}, names={"way": label(device)})]
