"""`estimate_training`: what training a model takes: accelerators, hours, money, energy, carbon, and the same by other methods and counts.

An estimate from published utilizations and the fact base, never a measurement. Refuses what cannot be, with the nearest that can.
Judges no quality: what LoRA, less data or four bits do to it must be measured.
"""

from typing import Any

from knowledge import catalog
from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.schemas import Accelerator
from tools.contracts.tool import ToolContext, ToolResult
from tools.estimation.architecture import Subject, find_subject
from tools.estimation.memory.checks import reading_remark
from tools.estimation.memory.records import gib
from tools.estimation.tool import EstimateTraining
from tools.estimation.training import cost, options, work
from tools.estimation.training.energy import Footprint, footprint
from tools.estimation.training.options import Job, Option
from tools.estimation.training.records import Answer, evidence_of, statements_of

#: Tokens of a row where nobody said them: instruction data from short questions to long chats.
UNSAID_TOKENS = Range(100.0, 400.0, 2000.0)
FRACTIONS = (0.1, 0.25, 0.5)
_PACKED = 2048  # rows are packed into sequences of this length, or as long as the model reads


def _job(args: EstimateTraining, subject: Subject, context: ToolContext) -> Job:
    each = Range.exact(args.tokens_per_row) if args.tokens_per_row else UNSAID_TOKENS
    limit = subject.shape.max_context
    if args.tokens_per_row > limit:
        raise UserError(
            "context-too-long",
            f"{subject.name} reads at most {limit:,} tokens; rows of {args.tokens_per_row:,g} were given.",
            f"Cut rows to {limit:,} tokens, or name a model with a longer context.",
            {"nearest": [str(limit)]},
        )
    return Job(
        subject.shape,
        each * (args.rows * args.epochs),
        int(min(limit, max(_PACKED, args.tokens_per_row))),
        args.provider,
        args.region,
        args.usd_per_hour,
        context.session.own_prices,
    )


def _chosen(args: EstimateTraining, job: Job, notes: list[str]) -> tuple[Option, list[Option]]:
    """The way asked for, and without an accelerator the cheapest with the ones behind it."""
    if not args.gpu:
        ranked = options.cheapest_first(job, args.method)
        if not ranked:
            raise _nothing_holds(args, job, "any accelerator with a known price")
        notes.append(
            f"No accelerator was named; {ranked[0].gpu.name} is the cheapest that holds it at median prices, of those that compute in bf16."
        )
        best = ranked[0]
        return (_counted(args, job, best.gpu, notes) if args.gpu_count else best), ranked
    gpu = catalog.accelerator(args.gpu)
    if work.peak_flops(gpu) is None or gpu.memory_gib is None:
        raise UserError(
            "throughput-unknown",
            f"The fact base does not know how fast {gpu.name} computes in sixteen bits, or its memory.",
            "Name another accelerator.",
        )
    return _counted(args, job, gpu, notes), []


def _counted(args: EstimateTraining, job: Job, gpu: Accelerator, notes: list[str]) -> Option:
    least = options.smallest_count(job, args.method, gpu)
    if least is None:
        raise _nothing_holds(args, job, f"{options.MOST:,} {gpu.name}", gpu)
    count = args.gpu_count or options.cheapest_count(job, args.method, gpu) or least
    one = options.option(job, args.method, gpu, count)
    if not one.fits:
        notes.append(f"{count} {gpu.name} do not hold it; the figures are for {least}, the fewest that do.")
        one = options.option(job, args.method, gpu, least)
    return one


def _nothing_holds(args: EstimateTraining, job: Job, where: str, gpu: Accelerator | None = None) -> UserError:
    lighter = [m for m in ("lora", "qlora") if gpu is not None and options.smallest_count(job, m, gpu) is not None]
    hint = f"Possible there: {', '.join(lighter)}." if lighter else "Name an accelerator with more memory, or a smaller model."
    return UserError("training-does-not-fit", f"{job.shape.name} by {args.method} does not fit {where}.", hint, {"nearest": lighter})


def _row(one: Option) -> dict[str, Any]:
    return {
        "method": one.method,
        "gpu": one.gpu.name,
        "gpu_count": one.count,
        "per_gpu_gib": gib(one.need.per_gpu).as_dict(),
        "fits": one.fits,
        "hours": one.hours.as_dict(),
        "gpu_hours": one.gpu_hours.as_dict(),
        "usd": _dict(one.usd),
        "spot_usd": _dict(one.spot_usd),
    }


def _dict(value: Range | None) -> dict[str, float] | None:
    return None if value is None else value.as_dict()


def _offers(one: Option) -> list[dict[str, Any]]:
    offers = one.on_demand.offers[: cost.SHOWN] if one.on_demand else ()
    return [
        {
            "provider": offer.price.provider or None,
            "machine": offer.price.machine or None,
            "machines": offer.machines,
            "region": offer.price.region or None,
            "usd_per_hour": float(offer.usd_per_hour),
            "usd": cost.total(Range.exact(offer.usd_per_hour), one.hours).as_dict(),
            "own": offer.price.tier == "stated",
            "old": offer.price.is_old,
        }
        for offer in offers
    ]


def _result(answer: Answer, ranked: list[Option], notes: list[str]) -> dict[str, Any]:
    chosen, made, job = answer.chosen, answer.footprint, answer.job
    low, likely, high = (
        work.model_flops(job.shape, chosen.method, float(n), job.length) for n in (job.tokens.low, job.tokens.likely, job.tokens.high)
    )
    return {
        "model": answer.subject.name,
        "parameters_b": answer.subject.parameters / 1e9,
        "sequence_length": job.length,
        "tokens": job.tokens.as_dict(),
        "flops": {"low": low, "likely": likely, "high": high},
        **_row(chosen),
        "achieved": dict(zip(("fast", "likely", "slow"), work.achieved_on(chosen.gpu).share, strict=True)),
        "usd_per_hour": _dict(chosen.on_demand.usd if chosen.on_demand else None),
        "spot_time_lost": _dict(chosen.spot_loss),
        "energy_kwh": _dict(made.energy_kwh if made else None),
        "gco2e": _dict(made.carbon_kg * 1000.0 if made else None),
        "embodied_gco2e": _dict(made.embodied_kg * 1000.0 if made and made.embodied_kg else None),
        "grid": made.grid.of if made else None,
        "methods": [_row(one) for one in answer.methods],
        "counts": [_row(one) for one in answer.counts],
        "accelerators": [_row(one) for one in ranked[: cost.SHOWN]],
        "fractions": [{"share": share, "hours": hours.as_dict(), "usd": _dict(usd)} for share, hours, usd in answer.fractions],
        "offers": _offers(chosen),
        "notes": notes,
    }


def _footprint(args: EstimateTraining, chosen: Option, notes: list[str]) -> Footprint | None:
    """Energy and carbon; a region that sells machines but whose grid nobody read is told, any other unknown one refused."""
    try:
        return footprint(chosen.gpu, chosen.gpu_hours, args.provider, args.region)
    except UserError:
        sold = {offer.price.region for offer in chosen.on_demand.offers} if chosen.on_demand else set()
        if args.region.lower() not in sold:
            raise
        notes.append(f"No grid carbon of {args.region} is known, so energy and carbon are left out.")
        return None


def _notes(answer: Answer) -> list[str]:
    chosen = answer.chosen
    said = ["Quality is not judged: LoRA, four-bit weights and less data must be measured against full tuning on your own test."]
    missing = [name for name in options.methods_beside(chosen.method) if name not in {one.method for one in answer.methods}]
    if missing:
        said.append(f"Not possible on any number of {chosen.gpu.name}: {', '.join(missing)}.")
    if chosen.on_demand is not None and chosen.on_demand.is_old:
        said.append("Prices are older than the fact base allows; check them.")
    if chosen.spot is None and not answer.args.usd_per_hour:
        said.append(f"No spot price of {chosen.gpu.name} is known.")
    if chosen.spot is not None and chosen.spot_loss is None:
        said.append("At the assumed worst rate of interruptions a spot job would never end; use on-demand machines or smaller checkpoints.")
    if chosen.gpu.tdp_w is None:
        said.append(f"The power of {chosen.gpu.name} is unknown, so energy and carbon are.")
    if not answer.args.region and answer.footprint is not None:
        said.append("No region was named: carbon is that of the world's grids, a wide range.")
    return said


def run(args: EstimateTraining, context: ToolContext) -> ToolResult:
    """Hours, money, energy and carbon of one training job.

    Raises UserError `unknown-model`, `unknown-accelerator`, `unknown-provider`, `unknown-region`, `context-too-long`,
    `throughput-unknown`, `training-does-not-fit`, and the codes of `find_subject`.
    """
    subject = find_subject(args.model, context)
    read = reading_remark(subject.reading)
    notes = [one.text.format(**one.names) for one in read]
    job = _job(args, subject, context)
    chosen, ranked = _chosen(args, job, notes)
    fractions = []
    for share in FRACTIONS:
        hours = options.hours_of(job, chosen.method, chosen.gpu, chosen.count, share)
        fractions.append((share, hours, None if chosen.on_demand is None else cost.total(chosen.on_demand.usd, hours)))
    least = options.smallest_count(job, chosen.method, chosen.gpu) or chosen.count
    answer = Answer(
        args,
        subject,
        job,
        chosen,
        tuple(options.by_method(job, chosen.method, chosen.gpu)),
        tuple(options.by_count(job, chosen.method, chosen.gpu, least)),
        tuple(fractions),
        _footprint(args, chosen, notes),
        args.tokens_per_row > 0,
    )
    records = evidence_of(answer)
    wanted = (() if args.gpu else ("hardware",)) + (() if args.tokens_per_row else ("How many tokens has a row of your data on average?",))
    result = _result(answer, ranked, [*notes, *_notes(answer)])
    once = tuple({record.id: record for record in records.values()}.values())
    return ToolResult(result=result, evidence=once, statements=(*statements_of(answer, records), *read), questions=wanted)
