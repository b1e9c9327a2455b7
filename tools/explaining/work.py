"""Work of `explain`: where a figure comes from, what a technique or concept is, and why a verdict fell.

Answers from the session's evidence and plan and from the shipped cards and concepts; where nothing matches it says so
and names the nearest topics. Computes no new figures.
"""

import re
from typing import Any

from knowledge.retrieval import Hit, concepts, search
from knowledge.source import Tier
from knowledge.techniques import card
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.figures import range_text
from tools.contracts.plan import LedgerEntry
from tools.contracts.tool import Statement, ToolContext, ToolResult
from tools.explaining.bill_asked import about_the_bill
from tools.explaining.figures_shown import Match, Shown, match, read_figures
from tools.explaining.plan_asked import largest, why
from tools.explaining.tool import ASKS_MOST, ASKS_WHY, Explain

_EVIDENCE_ID = re.compile(r"\bev-[0-9a-f]{12}\b")
_ASKS_MEANING = re.compile(r"\s*(what|define|explain|meaning|how does)\b", re.IGNORECASE)
DEEPEST = 6
CERTAIN = 3.0  # BM25 score from which a text that is not named in the question is still taken as meant
TIER_WORDS = {
    Tier.MEASURED: "measured here",
    Tier.BILLED: "read from your file",
    Tier.CATALOGUE: "a dated price or datasheet",
    Tier.PUBLISHED: "published by others",
    Tier.ESTIMATED: "computed by Frugal",
    Tier.STATED: "stated by you",
    Tier.ASSUMED: "an assumption that you can edit",
}


def run(args: Explain, context: ToolContext) -> ToolResult:
    """Explains the topic; never fails for want of a match."""
    topic, session = args.topic.strip(), context.session
    by_id = {record.id: record for record in session.evidence}
    wanted = _EVIDENCE_ID.search(topic)
    if wanted:
        if wanted.group(0) in by_id:
            return _origin(topic, by_id[wanted.group(0)], by_id, [])
        return _nothing(topic, f"There is no record {wanted.group(0)} in this conversation.", [])
    if session.plan is not None and ASKS_MOST.search(topic):
        return largest(topic, session.plan, by_id)
    if (about := about_the_bill(topic, session.audit, session.evidence)) is not None:
        return about
    if ASKS_WHY.match(topic) and session.plan is not None:
        return why(topic, session.plan)
    figures = read_figures(topic)
    for shown in figures:
        matches = match(shown, session.evidence)
        if matches:
            return _origin(topic, matches[0].evidence, by_id, matches, shown)
    hits = search(topic)
    if figures and not any(h.exact for h in hits) and len(topic.split()) <= 8:
        said = f'No figure in this conversation reads "{figures[0].text}".'
        return _nothing(topic, said, hits)
    if not hits or not (hits[0].named or hits[0].score >= CERTAIN):
        return _nothing(topic, "Nothing in the technique cards or concepts matches these words well enough.", hits)
    return _text(topic, _preferred(topic, hits), context)


def _preferred(topic: str, hits: list[Hit]) -> list[Hit]:
    """ "What is ..." asks for the concept where one is named as well as the technique."""
    if not _ASKS_MEANING.match(topic):
        return hits
    first = next((h for h in hits if h.kind == "concept" and h.named), None)
    return hits if first is None else [first, *(h for h in hits if h is not first)]


def _chain(record: Evidence, by_id: dict[str, Evidence]) -> list[dict[str, Any]]:
    """The record and everything it rests on, breadth first, with the depth of each."""
    rows: list[dict[str, Any]] = []
    queue, seen = [(record, 0)], {record.id}
    while queue:
        item, depth = queue.pop(0)
        rows.append(
            {
                "depth": depth,
                "id": item.id,
                "claim": item.claim,
                "tier": item.tier.value,
                "method": item.method,
                "unit": item.unit,
                "value": None if item.value is None else range_text(item.value, item.unit),
                "inputs": item.inputs,
                "source": item.source.ref,
                "checked_on": item.source.checked_on.isoformat() if item.source.checked_on else None,
                "reproduce": item.reproduce,
                "missing_parents": [p for p in item.parents if p not in by_id],
            }
        )
        for parent in item.parents if depth < DEEPEST else ():
            if parent in by_id and parent not in seen:
                seen.add(parent)
                queue.append((by_id[parent], depth + 1))
    return rows


def _origin(topic: str, record: Evidence, by_id: dict[str, Evidence], matches: list[Match], shown: Shown | None = None) -> ToolResult:
    chain = _chain(record, by_id)
    said = [_sentence(record, "It is ")]
    for row in [r for r in chain if r["depth"] == 1][:6]:
        said.append(_sentence(by_id[row["id"]], "It rests on that: "))
    others = [m.evidence.claim for m in matches[1:4]]
    if others:
        said.append(Statement(text="The same figure also reads like: {others}.", names={"others": "; ".join(others)}))
    result = {
        "kind": "evidence",
        "topic": topic,
        "id": record.id,
        "claim": record.claim,
        "tier": record.tier.value,
        "formula": record.method,
        "inputs": record.inputs,
        "source": record.source.ref,
        "checked_on": chain[0]["checked_on"],
        "value": chain[0]["value"],
        "shown": shown.text if shown else "",
        "bound": matches[0].bound if matches else "",
        "chain": chain,
        "also": [m.evidence.id for m in matches[1:4]],
        "reproduce": record.reproduce,
    }
    used = tuple(by_id[row["id"]] for row in chain)
    return ToolResult(result=result, evidence=used, statements=tuple(said))


def _sentence(record: Evidence, lead: str) -> Statement:
    """One record in a sentence; its figure is a placeholder."""
    names = {"claim": record.claim, "tier": TIER_WORDS[record.tier], "source": record.source.ref}
    text = "{claim}: {value}. " if record.value is not None else "{claim}. "
    text += lead + "{tier}"
    if record.method:
        names["method"] = record.method
        text += " ({method})"
    text += ", from {source}"
    if record.source.checked_on:
        names["day"] = record.source.checked_on.isoformat()
        text += ", checked on {day}"
    if record.has_old_price():
        text += "; the price is old"
    return Statement(text=text + ".", figures={"value": record.id} if record.value is not None else {}, names=names)


def _verdict(hits: list[Hit], context: ToolContext) -> LedgerEntry | None:
    """The plan's entry for the technique that was asked about: named first, then a concept's own techniques."""
    plan = context.session.plan
    if plan is None:
        return None
    wanted = [hits[0].id] if hits[0].kind != "concept" else []
    wanted += [h.id for h in hits if h.exact and h.kind == "technique"]
    if hits[0].kind == "concept":
        wanted += next((list(c.techniques) for c in concepts() if c.id == hits[0].id), [])
    for name in wanted:
        for entry in plan.ledger:
            if entry.technique == name:
                return entry
    return None


def _text(topic: str, hits: list[Hit], context: ToolContext) -> ToolResult:
    best = hits[0]
    record = _concept_record(best) if best.kind == "concept" else _card_record(best)
    said = [Statement(text="{title}: {text}", names={"title": record.claim, "text": record.method})]
    result: dict[str, Any] = {
        "kind": "concept" if best.kind == "concept" else "technique",
        "topic": topic,
        "id": best.id,
        "title": record.claim,
        "text": record.method,
        "source": record.source.ref,
        "checked_on": record.source.checked_on.isoformat() if record.source.checked_on else None,
        "nearest": [{"kind": h.kind, "id": h.id, "title": h.title} for h in hits[1:4]],
    }
    evidence = [record]
    if best.kind != "concept":
        known = card(best.id)
        result |= {
            "steps": list(known.steps),
            "quality_risk": known.quality_risk,
            "rollback": known.rollback,
            "skill": known.skill,
            "speed_notes": list(known.speed_notes),
            "verification": known.verification,
        }
        for note in known.speed_notes[:1]:
            said.append(Statement(text="Mind: {note}", names={"note": note}))
        said.append(Statement(text="Risk: {risk} Way back: {rollback}", names={"risk": known.quality_risk, "rollback": known.rollback}))
    entry = _verdict(hits, context)
    if entry is not None:
        result |= {"verdict": entry.verdict.value, "reason": entry.reason, "technique": entry.technique, "needs": list(entry.needs)}
        said.append(
            Statement(
                text="In your plan {title} stands as {verdict}: {reason}",
                names={"title": entry.title, "verdict": entry.verdict.value.replace("_", " "), "reason": entry.reason},
            )
        )
    said.append(Statement(text="Source: {source}.", names={"source": record.source.ref}))
    return ToolResult(result=result, evidence=tuple(evidence), statements=tuple(said))


def _concept_record(hit: Hit) -> Evidence:
    concept = next(c for c in concepts() if c.id == hit.id)
    source = concept.sources[0]
    return Evidence.record(
        tier=Tier.PUBLISHED,
        claim=concept.title,
        method=concept.text,
        inputs={"concept": concept.id},
        source=SourceRef(ref=source.ref, checked_on=source.checked_on),
        reproduce=f"python -m app run explain --topic {concept.id}",
    )


def _card_record(hit: Hit) -> Evidence:
    known = card(hit.id)
    source = known.sources[0]
    return Evidence.record(
        tier=Tier.PUBLISHED,
        claim=known.title,
        method=known.summary,
        inputs={"technique": known.id},
        source=SourceRef(ref=source.ref, checked_on=source.checked_on),
        reproduce=f"python -m app run explain --topic {known.id}",
    )


def _nothing(topic: str, said: str, hits: list[Hit]) -> ToolResult:
    nearest = [{"kind": h.kind, "id": h.id, "title": h.title} for h in hits[:4]]
    titles = "; ".join(dict.fromkeys(h.title for h in hits[:4]))
    statements = [Statement(text="{said}", names={"said": said})]
    if titles:
        statements.append(Statement(text="The nearest topics are: {titles}.", names={"titles": titles}))
    else:
        statements.append(Statement(text="Ask for a technique, a concept such as the KV cache, or a figure as it is shown."))
    return ToolResult(result={"kind": "none", "topic": topic, "text": said, "nearest": nearest}, statements=tuple(statements))
