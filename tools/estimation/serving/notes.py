"""Sentences of `estimate_serving`: the answer, and under it what it rests on, what is not known and what would be better.

One list serves the chat (`Statement`, figures by evidence) and the result's `notes` (the same sentences, figures filled in).
Computes nothing.
"""

from collections.abc import Iterable, Mapping

from knowledge.ranges import Range
from tools.contracts.evidence import Evidence
from tools.contracts.figures import range_text
from tools.contracts.tool import Statement
from tools.estimation.serving import money
from tools.estimation.serving.engines import SHARE_OF_REST
from tools.estimation.serving.formats import peak_tflops, weight_format
from tools.estimation.serving.predict import nearest_kind
from tools.estimation.serving.rates import calibration, kinds_of
from tools.estimation.serving.records import Answer

#: Below this share of its rate in use at the peak a replica is mostly idle.
IDLE = 0.3
_KINDS = {"engine": "the engine {level}", "generation": "chips of the kind of {gpu}", "format": "weights in {level}", "model": "{level}"}
_LOAD = {
    "busy": "Under full load on {gpu}",
    "few": "With so few requests at a time",
    "single": "With one request at a time",
    "eager": "In a runtime like {engine}",
}
_VERDICT = {
    "loses": "{format} loses: published runs reached {factor} of the throughput of sixteen bits ({on}).",
    "gains": "{format} gains: published runs reached {factor} of the throughput of sixteen bits ({on}).",
    "even": "{format} gains little or nothing: published runs reached {factor} of the throughput of sixteen bits ({on}).",
    "unclear": "published runs of {format} went both ways, {factor} of the throughput of sixteen bits ({on}).",
    "unknown": "nobody published what {format} does for models near this size and context; measure before you count on a gain.",
}
_EAGER = (
    "fewer bits gain little or nothing: published runs of {format} reached {factor} of sixteen bits ({on}); a serving engine gains more."
)


def statements(found: Answer) -> list[Statement]:
    """The answer first, then the notes; where the answer itself does not hang on one, it is folded."""
    open_notes = [*_about_question(found), *_about_format(found), *_about_options(found)]
    about_money = _about_money(found)
    if not found.offers:
        open_notes, about_money = [*open_notes, *about_money], []
    folded = [*_about_layout(found), *_about_ranges(found), *about_money, *_about_carbon(found)]
    return [*_answer(found), *open_notes, *(one.model_copy(update={"is_note": True}) for one in folded)]


def notes(found: Answer) -> list[str]:
    """The notes as text."""
    return texts(_notes(found), {record.id: record for record in found.records.values()})


def texts(said: Iterable[Statement], known: Mapping[str, Evidence]) -> list[str]:
    """Sentences with names and figures filled in."""
    filled = []
    for one in said:
        values = ((name, known[key]) for name, key in one.figures.items())
        figures = {name: range_text(record.value, record.unit) for name, record in values if record.value is not None}
        filled.append(one.text.format(**one.names, **figures))
    return filled


def _names(found: Answer) -> dict[str, str]:
    case = found.case
    engine = found.asked.args.engine.strip()
    return {
        "model": case.shape.name, "gpu": case.chip.name, "format": case.fmt.name, "count": str(case.layout.gpus), "engine": engine,
        "provider": found.asked.provider or "any provider", "region": found.asked.region or "any region",
    }  # fmt: skip


def _say(found: Answer, text: str, names: Mapping[str, str] | None = None, /, **figures: str) -> Statement:
    every = {**_names(found), **(names or {})}
    used = {name: value for name, value in every.items() if f"{{{name}}}" in text}
    return Statement(text=text, names=used, figures={name: found.records[key].id for name, key in figures.items()})


def _answer(found: Answer) -> list[Statement]:
    said = [
        _say(
            found, "{model} in {format} on {count} x {gpu}: a replica sustains {rate}, with {ttft} to the first token and {tpot} a token.",
            rate="max_requests_per_second", ttft="ttft_ms", tpot="tpot_ms",
        )
    ]  # fmt: skip
    if found.asked.arriving.peak:
        said.append(_traffic(found))
    if "usd_per_million_tokens" in found.records:
        said.append(_tokens(found))
    if found.emitted is not None:
        said.append(
            _say(
                found, "A request takes {joules} of electricity on the accelerators and causes {grams} in all.",
                joules="joules_per_request", grams="grams_co2e_per_request",
            )
        )  # fmt: skip
    return said


def _traffic(found: Answer) -> Statement:
    figures = {"n": "replicas", "all": "gpus"}
    text = "Replicas for the stated traffic: {n}; accelerators in all: {all}"
    if "usd_per_month" in found.records:
        figures["month"] = "usd_per_month"
        if found.records["sellers"].value == Range.exact(1.0):
            text += "; rent around the clock at {seller}: {month}"
        else:
            text += "; rent around the clock at the median of {sellers} sellers: {month}; at the cheapest, {seller}: {least}"
            figures |= {"sellers": "sellers", "least": "usd_per_month_at_the_cheapest"}
    return _say(found, f"{text}.", {"seller": found.cheapest}, **figures)


def _tokens(found: Answer) -> Statement:
    """Both cost bases, of requests and of tokens; without traffic the bases are the same."""
    busy, arriving = {"request": "usd_per_thousand_requests_usage", "token": "usd_per_million_tokens_usage"}, found.asked.arriving
    always = "{request}, or {token} of output, where every replica is always busy"
    basis = "" if found.records["sellers"].value == Range.exact(1.0) else "at the median of the sellers"
    if not arriving.peak:
        return _say(found, f"The cost is {always}{basis and f', {basis}'}.", **busy)
    held = "at the stated peak held all day" if arriving.month is None else "over the requests of the month"
    text = f"The cost is {{requests}}, or {{tokens}} of output, {held}; {always}{basis and f'; both {basis}'}."
    return _say(found, text, requests="usd_per_thousand_requests", tokens="usd_per_million_tokens", **busy)


def _notes(found: Answer) -> list[Statement]:
    about = (_about_question, _about_layout, _about_ranges, _about_format, _about_options, _about_money, _about_carbon)
    return [one for part in about for one in part(found)]


def _about_question(found: Answer) -> list[Statement]:
    said, asked, case = [], found.asked, found.case
    if asked.reading:
        said.append(_say(found, "{reading}", {"reading": asked.reading}))
    if asked.gaps:
        what = " and ".join(gap.replace("_", " ") for gap in asked.gaps)
        said.append(_say(found, "The {what} of a request were assumed; state them, and the range narrows.", {"what": what}))
    if asked.arriving.assumed is not None:
        text = "Assumed: the busiest second is {ratio} times the mean of the month; {how}."
        said.append(_say(found, text, {"how": asked.arriving.assumed.words}, ratio="peak_over_mean"))
    if not asked.arriving.peak:
        said.append(_say(found, "No traffic was stated: everything is for one replica at the most that it is planned for."))
    elif float(found.records["utilization"].value.likely) < IDLE:  # type: ignore[union-attr]
        text = (
            "At the peak only {share} of what the replicas could do is in use: a smaller accelerator or paying by the token may cost less."
        )
        said.append(_say(found, text, share="utilization"))
    if case.fmt.name == "fp16" and weight_format(asked.args.precision, case.shape).name == "bf16":
        said.append(_say(found, "{gpu} has no bf16: engines take fp16 on it."))
    unseen = [(kind, level) for kind, level in kinds_of(case).items() if kind in _KINDS and not calibration().knows(kind, level)]
    for kind, level in unseen:
        what = _KINDS[kind].format(level=level, gpu=case.chip.name)
        said.append(_say(found, "No published measurement of {what} is behind this; the ranges are wider for it.", {"what": what}))
    for name, target in (("ttft_ms", asked.args.ttft_ms), ("tpot_ms", asked.args.tpot_ms)):
        value = found.records[name].value
        if target and value is not None and float(value.high) > target:
            text = "The target is kept by the likely figure; the range, {range}, reaches beyond it: measure, or plan for less load."
            said.append(_say(found, text, range=name))
    if case.layout.gpus > 8:
        said.append(
            _say(found, "More than eight accelerators usually lie in several machines; the network between them is not in this estimate.")
        )
    return said


def _about_layout(found: Answer) -> list[Statement]:
    asked = found.asked
    text = "{fit} requests fit in a replica's memory at once, of which the engine takes {share}, as vLLM does by default."
    if found.case.engine in SHARE_OF_REST:
        text = "{fit} requests fit in a replica's memory at once: the cache takes {share} of what the weights leave, the engine's default."
    said = [_say(found, text, fit="sequences_that_fit", share="memory_share")]
    if asked.args.gpu_count or len(asked.cases) == 1:
        return said
    why = "needs the fewest in all" if asked.arriving.peak else "serves the most for each"
    return [*said, _say(found, "How many accelerators a replica takes was not stated; {count} {why}.", {"why": why})]


def _about_ranges(found: Answer) -> list[Statement]:
    kind, _, generation = nearest_kind(found.case, "tpot").partition("|")
    nearest = {"experts": "mixtures of experts", "latent": "models with latent attention", "all": "all models"}.get(kind, "dense models")
    nearest += f" on {generation} chips" if generation else ""
    text = (
        "The ranges hold four of five of this estimator's own errors on {nearest} that its calibration had not seen, and are "
        "wider by what leaving out whole sources of measurements adds: nobody measured your own set-up yet."
    )
    return [_say(found, text, {"nearest": nearest})]


def _about_format(found: Answer) -> list[Statement]:
    case, advice, said = found.case, found.advice, []
    if not peak_tflops(case.chip, case.fmt)[1] and not case.fmt.weight_only:
        said.append(_say(found, "{gpu} does not multiply in {format}: engines only store the weights in it."))
    if advice is None:
        return said
    eager = advice.kind == "eager" and advice.verdict not in ("loses", "unknown")
    text = f"{_LOAD[advice.kind]}, {_EAGER if eager else _VERDICT[advice.verdict]}"
    said.append(_say(found, text, {"on": advice.on}, **({"factor": "published_factor"} if advice.factor is not None else {})))
    if advice.kind in ("single", "few") and case.fmt.weight_only and advice.verdict in ("gains", "unclear"):
        said.append(_say(found, "A gain of fewer bits fades as the context grows, and is gone under full load."))
    if advice.better is not None:
        text = "In {better}, published runs on the same kind of chip reached {factor} of sixteen bits: check its quality and take that."
        said.append(_say(found, text, {"better": advice.better[0]}, factor="published_factor_of_better"))
    if advice.short_of_room:
        text = "Sixteen-bit weights would leave {count} x {gpu} less room for requests than this load takes: fewer bits win by that room."
        said.append(_say(found, text))
    if advice.disagrees:
        text = "The figures here rest on our own estimate, {ours} of sixteen bits: trust the published runs more, and measure."
        said.append(_say(found, text, ours="factor_here"))
    return said


def _about_options(found: Answer) -> list[Statement]:
    case, asked, said = found.case, found.asked, []
    if case.cached_share:
        said.append(
            _say(
                found,
                "The cached part of the prompt is not read again, but counts in every request's memory: where all requests share one "
                "prefix, more fit.",
            )
        )
    if case.drafting is not None:
        said += _about_drafts(found)
    if case.layout.expert > 1:
        text = "Whole experts on each accelerator, or each expert cut up: the measurements tell no difference, so the estimate makes none."
        said.append(_say(found, text))
    if asked.interconnect == "pcie" and case.layout.gpus > 1:
        said.append(_say(found, "The accelerators talk over PCIe, as asked, not over their own link."))
    return said


def _about_drafts(found: Answer) -> list[Statement]:
    drafting, plain, said = found.case.drafting, found.plain, []
    assert drafting is not None
    if drafting.shape is None:
        said.append(_say(found, "Drafts are taken from the prompt and cost no model; with a draft model, name it."))
    if plain is None or plain.best is None or found.plain_now is None:
        said.append(_say(found, "Without drafts the latency target would not be kept."))
        return said
    slower = found.now.tpot_s > found.plain_now.tpot_s
    word = "slower" if slower else "faster"
    text = "At this load drafting makes tokens {word}: {with} a token against {without} without."
    said.append(_say(found, text, {"word": word}, **{"with": "tpot_ms", "without": "tpot_ms_without_drafts"}))
    if found.best.requests_per_second < plain.best.requests_per_second:
        text = "Drafting costs capacity: a replica sustains {with} against {without} without. Leave it off when the load is high."
        figures = {"with": "max_requests_per_second", "without": "max_requests_per_second_without_drafts"}
        said.append(_say(found, text, **figures))
    said.append(_say(found, "The share of drafts that is kept was taken as stated; it depends on the texts, so measure it."))
    return said


def _about_money(found: Answer) -> list[Statement]:
    asked = found.asked
    if not found.offers:
        if found.elsewhere:
            text = "No {basis} price of {count} x {gpu} in one machine is known at {provider}, {region}; it is sold at {where}."
            basis = "spot" if asked.basis == "spot" else "on-demand"
            return [_say(found, text, {"basis": basis, "where": ", ".join(found.elsewhere)})]
        return [_say(found, "No price of {gpu} is known; name yours, and the cost follows.")]
    said = []
    if money.is_old(found.offers):
        said.append(_say(found, "The prices of {gpu} were last checked more than ninety days ago; look them up before you buy."))
    if not asked.marketplace and found.offers[0].price.reserve:
        said.append(_say(found, "What is sold of {gpu}: {why}.", {"why": found.offers[0].price.reserve}))
    elif found.left_out:
        said.append(_say(found, "Machines of strangers and desktop cards are left out of the prices; marketplace=yes counts them in."))
    if asked.basis == "spot":
        said.append(_say(found, "Spot machines can be taken back at any time; keep on-demand ones for what must answer."))
    return said


def _about_carbon(found: Answer) -> list[Statement]:
    if "joules_per_request" not in found.records:
        return [_say(found, "The power of {gpu} is not known, so energy and carbon are not.")]
    said = []
    if found.emitted is None and found.asked.region:
        said.append(_say(found, "The grid of {region} is not known, so the carbon is not; name the provider, or a country."))
    elif found.emitted is None:
        said.append(_say(found, "Carbon depends on the place: name the provider and region, and it follows."))
    if "grams_co2e_embodied_per_request" in found.records:
        said.append(_say(found, "Making the hardware adds {made} a request, told apart.", made="grams_co2e_embodied_per_request"))
    else:
        said.append(_say(found, "Making {gpu} is not in it: nobody published what that emits."))
    return said
