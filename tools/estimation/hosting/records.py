"""Evidence of `choose_hosting`: a month, a time, a volume, a utilization, an assumption, each as one record with its origin.

Rounds money for reading only. A figure made from estimates and list prices is an estimate; nothing is computed here that the search did
not hand on.
"""

from decimal import Decimal
from typing import Any

from knowledge import catalog
from knowledge.ranges import Range
from knowledge.source import Source, Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.estimation.api.alternatives import Alternative
from tools.estimation.hosting.audited import Counted
from tools.estimation.hosting.option import Option
from tools.estimation.hosting.people import MOVING_OTHER, MOVING_OWN, RUNNING
from tools.estimation.hosting.question import Question
from tools.estimation.hosting.verdict import Pays, Verdict
from tools.estimation.serving.records import source as calibration_source
from tools.estimation.tool import ChooseHosting, command
from tools.estimation.traffic import Assumed

_CENT = Decimal("0.01")
_TINY = Decimal("0.0001")


def rounded(value: Range, places: Decimal = _CENT) -> Range:
    """Money to a cent, or to a hundredth of one for the price of a million tokens."""
    return Range(*(Decimal(v).quantize(places) for v in (value.low, value.likely, value.high)))


def label(option: Option) -> str:
    """How an option is named in a sentence."""
    where = f" at {option.provider}" if option.provider and option.kind in ("gpu", "cpu") else ""
    how = ", ".join(filter(None, (option.precision, "spot" if option.interruptible else "")))
    return f"{option.name}{where}{f' ({how})' if how else ''}"


def per_million(option: Option, question: Question) -> Range | None:
    """USD of a million output tokens on the allocation basis, with people's time."""
    if option.total is None:
        return None
    millions = Decimal(str(question.requests_per_month)) * Decimal(str(question.output_tokens)) / 1_000_000
    return rounded(Range(*(Decimal(v) / millions for v in (option.total.low, option.total.likely, option.total.high))), _TINY)


class Book:
    """The records of one answer, by what they are of."""

    def __init__(self, args: ChooseHosting) -> None:
        self.reproduce = command("choose_hosting", args)
        self.asked = args.model_dump()
        self.records: dict[str, Evidence] = {}

    def add(self, name: str, **record: Any) -> str:
        """Makes a record and keeps it. Its id."""
        made = Evidence.record(reproduce=self.reproduce, **record)
        self.records[name] = made
        return made.id

    def assumed(self, number: int, one: Assumed) -> str:
        """What the question left open."""
        return self.add(
            f"assumed {number}",
            tier=Tier.ASSUMED,
            claim=one.claim,
            source=_ref(one.source),
            value=one.value,
            unit=one.unit,
            method=f"editable: {one.term}",
        )

    def usage(self, counted: Counted) -> list[str]:
        """What the bill counts in a month, and the requests and lengths that it means. Their ids."""
        month, source = counted.month, SourceRef(ref=", ".join(counted.month.files))
        sums = {"Input": month.inputs, "Cached input": month.cached, "Output": month.outputs}
        method = "Sum of the counted rows of the model over the months that the bill covers."
        said = [
            self.add(
                f"billed {name}",
                tier=Tier.BILLED,
                claim=f"{name} tokens of {month.model} a month",
                source=source,
                value=Range.exact(float(tokens)),
                unit="tokens",
                method=method,
                parents=month.parents,
            )
            for name, tokens in sums.items()
        ]
        known = "a count of the bill" if month.requests is not None else "what was said or assumed"
        found = {"Requests": counted.requests, "Input tokens": counted.input_tokens, "Output tokens": counted.output_tokens}
        for name, value in found.items():
            per = "a month" if name == "Requests" else "a request"
            method = f"The bill's tokens of a month and {known}, times the traffic that is asked about."
            claim, unit = f"{name} of {month.model} {per}", "requests" if name == "Requests" else "tokens"
            values = {"value": Range.exact(value), "unit": unit, "method": method, "inputs": {"times": counted.times}}
            said.append(self.add(f"counted {name}", tier=Tier.ESTIMATED, claim=claim, source=source, parents=tuple(said[:3]), **values))
        return said

    def month(self, option: Option, question: Question, parents: tuple[str, ...]) -> str:
        """What a month of an option costs in all; a device's speed where no price is known."""
        parts = {"rent_or_tokens_usd": _plain(option.usd), "work_usd": _plain(option.work), "machines": option.machines}
        about = {"option": label(option), "machine": option.machine, "region": option.region, "replicas": option.replicas, **parts}
        source = _ref(option.source) if option.source else calibration_source()
        if option.total is None:
            return self.add(
                f"option {label(option)}",
                tier=option.tier,
                claim=f"Tokens a second of one stream on {label(option)}",
                source=source,
                value=option.tokens_per_second,
                unit="token/s",
                method=option.method,
                inputs=self.asked | about,
            )
        with_people = " with people's time" if option.work.high else ""
        used = parents if option.kind in ("gpu", "cpu") or option.work.high else ()
        if question.counted is not None and option.model == question.counted.month.model:
            used = question.counted.month.parents
        return self.add(
            f"option {option.kind} {label(option)} {option.machine} {option.region}",
            tier=option.tier,
            claim=f"Monthly cost{with_people}: {label(option)}",
            source=source,
            value=rounded(option.total),
            unit="USD/month",
            method=f"{option.method} Plus running work and the work of moving, spread over the months in which it must pay back."
            if option.work.high
            else option.method,
            inputs=self.asked | about | {"requests_per_month": question.requests_per_month, "peak_per_second": question.peak_per_second},
            parents=used,
        )

    def parts(self, key: str, option: Option, question: Question) -> dict[str, str]:
        """What a month of an option consists of: machines or tokens, people who run it, the move. What costs nothing is left out."""
        work, rented = question.work, option.kind in ("gpu", "cpu")
        bought = "machines" if rented else "tokens"
        found = {}
        if option.usd is not None:
            found[bought] = self.bought(key, option, bought)
        over = f"What the move costs once, spread over the {work.months:g} months in which it must pay back."
        times = [("running", work.own, RUNNING, "A month of the work of people who run it.")] if rented else []
        times.append(("moving", work.moving if rented else work.switching, MOVING_OWN if rented else MOVING_OTHER, over))
        for name, usd, claim, method in times:
            if usd.high:
                at = next((n for n, one in enumerate(question.assumed) if one.claim == claim), None)
                found[name] = self.add(
                    f"{key} {name}",
                    tier=Tier.STATED if at is None else Tier.ASSUMED,
                    claim=f"{claim.removesuffix(', once')}, a month: {label(option)}",
                    source=SourceRef(ref="your words") if at is None else _ref(question.assumed[at].source),
                    value=rounded(usd),
                    unit="USD/month",
                    method=method,
                    parents=() if at is None else (self.records[f"assumed {at}"].id,),
                )
        if option.sellers > 1 and option.median_usd is not None:
            at_median = Range.exact(option.median_usd)
            how = "The same replicas at each seller's cheapest offer, median of the sellers; regions as asked for."
            found["median"] = self._part(f"{key} median", option, "A month of machines at the median seller", at_median, how)
            found["sellers"] = self.figure(f"{key} sellers", option, "Sellers of the accelerators", Range.exact(float(option.sellers)), "")
        return found

    def bought(self, key: str, option: Option, what: str = "machines") -> str:
        """A month of what is rented or bought, without people's time."""
        if option.usd is None:
            raise ValueError("no price")
        return self._part(f"{key} {what}", option, f"A month of the {what} alone", option.usd, option.method)

    def _part(self, name: str, option: Option, claim: str, usd: Range, method: str) -> str:
        return self.add(
            name,
            tier=option.tier,
            claim=f"{claim}: {label(option)}",
            source=_ref(option.source),
            value=rounded(usd),
            unit="USD/month",
            method=method,
            inputs=self.asked | {"option": label(option)},
        )

    def fix(self, offer: Alternative) -> str:
        """A way to stay and pay less."""
        return self.add(
            f"fix {offer.kind}",
            tier=offer.tier,
            claim=f"Monthly cost with: {offer.title} ({offer.model})",
            source=_ref(
                catalog.source_of(catalog.api_model(offer.model), offer.source_key or catalog.api_model(offer.model).price_on().source)
            ),
            value=rounded(offer.usd),
            unit="USD/month",
            method=f"{offer.method} {offer.conditions}",
            inputs=self.asked | {"alternative": offer.kind},
        )

    def figure(self, name: str, option: Option, claim: str, value: Range, unit: str, parent: str = "") -> str:
        """A speed or a share of an option."""
        return self.add(
            name,
            tier=option.tier,
            claim=f"{claim}: {label(option)}",
            source=calibration_source() if option.kind == "gpu" else _ref(option.source),
            value=value,
            unit=unit,
            method=option.method,
            inputs=self.asked | {"option": label(option)},
            parents=(parent,) if parent else (),
        )

    def volume(self, name: str, pays: Pays, parents: tuple[str, ...], always: bool = False) -> str | None:
        """A break-even volume; None where there is none as thought. Where the cautious end has none, the record holds the likely value."""
        found = pays.likely
        if found is None:
            return None
        best, worst = pays.volumes[0] or found, pays.volumes[2]
        picked = [v.always if always else v.first for v in ((best, found, worst) if worst else (found, found, found))]
        method = (
            "Root search: the volume a month at which so many whole machines, paid around the clock, with people's time cost as much as "
            "the same requests by the token; range from the capacity's band, the work's range and the API's price."
        )
        if worst is None:
            method += " At the cautious end there is no such volume, so this is the likely value alone."
        what = "from which it stays cheaper" if always else "from which it is cheaper"
        return self.add(
            name,
            tier=Tier.ESTIMATED,
            claim=f"Volume a month {what}: {label(pays.option)} against {pays.against.name}",
            source=_ref(pays.option.source),
            value=Range(*sorted(picked)),
            unit="requests",
            method=method,
            inputs=self.asked | {"option": label(pays.option), "against": pays.against.name, "units": found.units},
            parents=parents,
        )

    def needed(self, verdict: Verdict, parents: tuple[str, ...]) -> str | None:
        """The utilization from which the cheapest rented option pays; None where not even a full one does as thought."""
        likely = verdict.needed[1]
        if likely is None or verdict.switch is None or verdict.stay is None:
            return None
        low, high = verdict.needed[0], verdict.needed[2]
        return self.add(
            "needed utilization",
            tier=Tier.ESTIMATED,
            claim=f"Utilization from which it pays: {label(verdict.switch)} against {verdict.stay.name}",
            source=_ref(verdict.switch.source),
            value=Range(min(low if low is not None else likely, likely), likely, max(high if high is not None else 1.0, likely)),
            unit="ratio",
            method="Root search: the share of what is paid at which it costs as much as the same requests by the token; at most all of it.",
            inputs=self.asked | {"option": label(verdict.switch), "against": verdict.stay.name},
            parents=parents,
        )


def _plain(value: Range | None) -> dict[str, float] | None:
    return None if value is None else value.as_dict()


def _ref(source: Source | None) -> SourceRef:
    return calibration_source() if source is None else SourceRef(ref=source.ref, checked_on=source.checked_on)
