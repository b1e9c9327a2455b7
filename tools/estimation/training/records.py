"""Evidence and sentences of `estimate_training`: every figure with its method, source and what it rests on. Makes no figure of its own."""

import shlex
from dataclasses import dataclass, field
from typing import Any

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import Statement
from tools.estimation.architecture import Subject
from tools.estimation.memory.formulas import LIKELY
from tools.estimation.tool import EstimateTraining
from tools.estimation.training import interruptions, work
from tools.estimation.training.energy import Footprint
from tools.estimation.training.options import Job, Option

_FORMULAS = SourceRef(ref="Frugal training formulas, checked against published hours and throughputs")


@dataclass
class Book:
    """Records by name, each made once."""

    command: str
    found: dict[str, Evidence] = field(default_factory=dict)

    def add(self, key: str, claim: str, value: Range, unit: str, tier: Tier, source: SourceRef, **more: Any) -> Evidence:
        """Makes and keeps a record."""
        made = Evidence.record(tier=tier, claim=claim, source=source, value=value, unit=unit, reproduce=self.command, **more)
        self.found[key] = made
        return made


@dataclass(frozen=True)
class Answer:
    """What was found, for records and sentences."""

    args: EstimateTraining
    subject: Subject
    job: Job
    chosen: Option
    methods: tuple[Option, ...]
    counts: tuple[Option, ...]
    fractions: tuple[tuple[float, Range, Range | None], ...]  # share of the data, hours, USD
    footprint: Footprint | None
    tokens_stated: bool


def command_of(args: EstimateTraining) -> str:
    """The command line that makes it again."""
    words = ["python", "-m", "app", "run", "estimate_training"]
    for name, value in args.model_dump().items():
        if value not in ("", 0) or name in args.model_fields_set:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


def _ref(source: Source) -> SourceRef:
    return SourceRef(ref=source.ref, checked_on=source.checked_on)


def evidence_of(answer: Answer) -> dict[str, Evidence]:
    """All records by name."""
    book = Book(command_of(answer.args))
    _inputs(book, answer)
    _chosen(book, answer)
    for one in answer.methods:
        _row(book, f"method_{one.method}", one, answer)
    for one in answer.counts:
        _row(book, f"count_{one.count}", one, answer)
    for share, hours, usd in answer.fractions:
        said = {"share_of_data": share, "method": answer.chosen.method}
        what = f"training {answer.subject.name} on a part of the data"
        book.add(f"hours_{share}", f"Hours of {what}", hours, "hours", Tier.ESTIMATED, _FORMULAS, inputs=said, method=_LINEAR)
        if usd is not None:
            book.add(f"usd_{share}", f"Cost of {what}", usd, "USD", Tier.ESTIMATED, _FORMULAS, inputs=said, method=_LINEAR)
    return book.found


_LINEAR = "Linear in the tokens, start-up apart. What less data does to quality is not known here; measure it."


def _inputs(book: Book, answer: Answer) -> None:
    subject, args, chosen = answer.subject, answer.args, answer.chosen
    name, gpu = subject.name, chosen.gpu
    book.add(
        "parameters", f"Parameters of {name}", Range.exact(subject.parameters / 1e9), "billion parameters", subject.tier,
        _ref(subject.source), method=subject.method, inputs={"model": name},
    )  # fmt: skip
    book.add(
        "tokens", "Tokens that pass the model", answer.job.tokens, "tokens", Tier.STATED if answer.tokens_stated else Tier.ASSUMED,
        SourceRef(ref="your words" if answer.tokens_stated else _UNSAID),
        method="Rows x tokens a row x epochs.",
        inputs={"rows": args.rows, "tokens_per_row": args.tokens_per_row, "epochs": args.epochs},
    )  # fmt: skip
    found = work.achieved_on(gpu)
    low, likely, high = min(found.share), found.share[LIKELY], max(found.share)
    book.add(
        "achieved", f"Share of its peak that {gpu.name} achieves in training", Range(low, likely, high), "ratio",
        Tier.PUBLISHED if work.was_published(gpu) else Tier.ASSUMED, SourceRef(ref=found.source),
        method="Operations executed, recomputation included, over the dense 16-bit peak; " + found.of + ".", inputs={"gpu": gpu.name},
    )  # fmt: skip
    book.add(
        "peak", f"Peak of {gpu.name} in sixteen bits", Range.exact((work.peak_flops(gpu) or 0.0) / 1e12), "teraflop/s", Tier.CATALOGUE,
        _ref(catalog.source_of(gpu)), method="Dense, as in the fact base.", inputs={"gpu": gpu.name},
    )  # fmt: skip
    if chosen.on_demand is not None:
        book.add(
            "price", f"Hour of machines that hold the {gpu.name} asked for", chosen.on_demand.usd, "USD/hour", chosen.on_demand.tier,
            _ref(chosen.on_demand.source), method="Whole machines on demand: the cheapest, the median and the dearest known offer.",
            inputs=_place(answer) | {"gpu": gpu.name, "gpu_count": chosen.count},
        )  # fmt: skip


_UNSAID = "assumption: rows of instruction data; MetaMathQA has 210 tokens a row on average (huggingface/peft method comparison)"


def _place(answer: Answer) -> dict[str, Any]:
    return {"provider": answer.args.provider, "region": answer.args.region}


_HOURS = (
    "Operations a token (6 a parameter in full training, 4 with frozen weights, and 12 x layers x width x length for attention, a third "
    "more where activations are recomputed) x tokens / (peak x achieved share x accelerators), and start-up."
)


def _chosen(book: Book, answer: Answer) -> None:
    chosen, found = answer.chosen, book.found
    name, inputs = (
        answer.subject.name,
        {"model": answer.subject.name, "method": chosen.method, "gpu": chosen.gpu.name, "gpu_count": chosen.count},
    )
    on = tuple(found[key].id for key in ("parameters", "tokens", "achieved", "peak"))
    flops = Range(*(work.model_flops(answer.job.shape, chosen.method, float(n), answer.job.length) for n in _bounds(answer.job.tokens)))
    book.add("flops", f"Operations to train {name}", flops, "flop", Tier.ESTIMATED, _FORMULAS, method=_HOURS, inputs=inputs, parents=on[:2])
    hours = book.add(
        "hours", f"Hours to train {name}", chosen.hours, "hours", Tier.ESTIMATED, _FORMULAS, method=_HOURS, inputs=inputs, parents=on
    )
    book.add(
        "gpu_hours", f"Accelerator-hours to train {name}", chosen.gpu_hours, "hours", Tier.ESTIMATED, _FORMULAS,
        method="Hours x accelerators.", inputs=inputs, parents=(hours.id,),
    )  # fmt: skip
    book.add(
        "count", f"Accelerators to train {name} on", Range.exact(float(chosen.count)), "GPUs", Tier.ESTIMATED, _FORMULAS,
        method="A power of two whose usable memory holds the likely need: the one that costs least, or as asked.", inputs=inputs,
    )  # fmt: skip
    if chosen.usd is not None:
        book.add(
            "usd", f"Cost to train {name}", chosen.usd, "USD", Tier.ESTIMATED, _FORMULAS, method="Hours x price of whole machines.",
            inputs=inputs | _place(answer), parents=(hours.id, found["price"].id),
        )  # fmt: skip
    if chosen.spot is not None and chosen.spot_usd is not None and chosen.spot_loss is not None:
        price = book.add(
            "spot_price", "Hour of the same on spot machines", chosen.spot.usd, "USD/hour", chosen.spot.tier, _ref(chosen.spot.source),
            method="Cheapest, median and dearest known spot offer.", inputs=inputs | _place(answer),
        )  # fmt: skip
        lost = book.add(
            "spot_loss", "Time that interruptions cost", chosen.spot_loss, "ratio", Tier.ASSUMED, SourceRef(ref=_SPOT_SOURCE),
            method="Checkpoints every sqrt(2 x write x time between interruptions); an interruption costs half of that and a restart.",
            inputs=inputs | {"hours_between": list(interruptions.BETWEEN_HOURS), "restart_hours": list(interruptions.RESTART_HOURS)},
        )  # fmt: skip
        book.add(
            "spot_usd", f"Cost to train {name} on spot machines", chosen.spot_usd, "USD", Tier.ESTIMATED, _FORMULAS,
            method="Hours x (1 + time lost) x spot price.", inputs=inputs | _place(answer), parents=(hours.id, price.id, lost.id),
        )  # fmt: skip
    _footprint(book, answer, inputs)


_SPOT_SOURCE = "Young 1974 and Daly 2006 for the interval; how often machines are taken back is an assumption"


def _footprint(book: Book, answer: Answer, inputs: dict[str, Any]) -> None:
    made = answer.footprint
    if made is None:
        return
    hours = book.found["gpu_hours"].id
    where = inputs | _place(answer) | {"grid": made.grid.of, "pue": made.pue.of}
    energy = book.add(
        "energy_kwh", "Electricity of the training", made.energy_kwh, "kWh", Tier.ESTIMATED, SourceRef(ref=made.pue.sources[0].ref),
        method="Accelerator-hours x datasheet power x share drawn x server around it x power usage effectiveness.",
        inputs=where, parents=(hours,),
    )  # fmt: skip
    book.add(
        "carbon_kg", "Carbon of the training's electricity", made.carbon_kg, "kgCO2e", Tier.ESTIMATED,
        SourceRef(ref="; ".join(dict.fromkeys(s.ref for s in made.grid.sources))[:400], checked_on=made.grid.sources[0].checked_on),
        method="Electricity x grid carbon of the place, yearly mean.", inputs=where, parents=(energy.id,),
    )  # fmt: skip
    if made.embodied_kg is not None and made.embodied is not None:
        book.add(
            "embodied_kg", "Carbon of making the hardware, for these hours", made.embodied_kg, "kgCO2e", Tier.ESTIMATED,
            _ref(made.embodied.sources[0]), method="Manufacture spread over the lifetime.", inputs=where, parents=(hours,),
        )  # fmt: skip


def _row(book: Book, key: str, one: Option, answer: Answer) -> None:
    inputs = {"model": answer.subject.name, "method": one.method, "gpu": one.gpu.name, "gpu_count": one.count}
    what = f"{one.method} of {answer.subject.name} on {one.gpu.name}"
    book.add(f"{key}_hours", f"Hours of {what}", one.hours, "hours", Tier.ESTIMATED, _FORMULAS, method=_HOURS, inputs=inputs)
    if one.usd is not None:
        book.add(
            f"{key}_usd",
            f"Cost of {what}",
            one.usd,
            "USD",
            Tier.ESTIMATED,
            _FORMULAS,
            inputs=inputs,
            method="Hours x price of whole machines.",
        )


def _bounds(value: Range) -> tuple[float, float, float]:
    return float(value.low), float(value.likely), float(value.high)


_NAMES = {"lora": "LoRA", "qlora": "QLoRA", "full": "full fine-tuning", "pretrain": "pre-training"}
_DOING = {"lora": "LoRA tuning of", "qlora": "QLoRA tuning of", "full": "Full fine-tuning of", "pretrain": "Pre-training"}


def statements_of(answer: Answer, records: dict[str, Evidence]) -> list[Statement]:
    """What it takes and costs, what it rests on, the other methods, and spot."""
    chosen = answer.chosen
    names = {"model": answer.subject.name, "gpu": chosen.gpu.name}
    figures = {"hours": records["hours"].id, "count": records["count"].id, "tokens": records["tokens"].id}
    text = f"{_DOING[chosen.method]} {{model}} on {{tokens}} takes {{hours}} on {{count}} ({{gpu}})"
    if "usd" in records:
        text, figures = text + " and costs {usd} on demand", figures | {"usd": records["usd"].id}
    said = [Statement(text=text + ".", figures=figures, names=names)]
    if "usd" not in records:
        said.append(Statement(text="No price of {gpu} is known here, so the cost is unknown: tell me what an hour costs you.", names=names))
    if not answer.tokens_stated:
        said.append(Statement(text="How long a row is was not said; the range assumes instruction data, so tell me the tokens a row."))
    beside = [one for one in answer.methods if one.method != chosen.method and f"method_{one.method}_usd" in records]
    if beside:
        parts = [f"{_NAMES[one.method]} {{{one.method}}}" for one in beside]
        costs = {one.method: records[f"method_{one.method}_usd"].id for one in beside}
        said.append(Statement(text=f"For comparison, each on the count that costs least: {', '.join(parts)}.", figures=costs))
    if "spot_usd" in records:
        said.append(
            Statement(
                text="On spot machines {spot}, interruptions included ({lost} more time); how often they come is an assumption.",
                figures={"spot": records["spot_usd"].id, "lost": records["spot_loss"].id},
            )
        )
    if "energy_kwh" in records:
        powered = {"energy": records["energy_kwh"].id, "carbon": records["carbon_kg"].id}
        said.append(Statement(text="It draws {energy} and causes {carbon}.", figures=powered))
    return said
