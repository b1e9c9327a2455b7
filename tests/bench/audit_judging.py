"""What both rivals of the audit's benchmark share: kinds of spend of the lines, the second half of some rules, answers to compare.

Kinds come from the audit's own rules, once over the distinct lines (SKUs). A rule whose question is SQL but whose verdict needs
prices or seasons is judged here by the rule's own code, fed with the rival's rows; that is outside the time taken, in the rivals' favour.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tools.audit.classify import classify
from tools.audit.spend_rules import RULES as SPEND_RULES

Row = Sequence[Any]
Answers = dict[str, list[float]]

LINE_COLUMNS = ("SkuId", "ServiceName", "ChargeDescription", "x_InstanceType", "x_model", "ProviderName")
KIND_COLUMNS = {"SkuId": "varchar", "kind": "varchar", "by_tags": "boolean", "hardware": "varchar", "words": "varchar"}

#: Rules of spend that a word in the tags cannot change, because they come before it.
_BEFORE_TAGS = {rule.id for rule in SPEND_RULES[: next(at for at, rule in enumerate(SPEND_RULES) if rule.field == "tags")]}
AI_KINDS = ("gpu", "managed_ai", "api_tokens")

#: Words that some rules look for, shortened to what this bill can hold.
WORDS = {
    "office": r"notebook|workbench|jupyter|studio",
    "faced": r"chat|assistant|copilot|support|search|api\b|web|app\b|endpoint|serving|inference",
    "can_wait": r"train|fine-?tun|batch|offline|nightly|backfill|experiment|pre-?process",
    "waits": r"\b(?:re)?train|fine-?tun|\bbatch|offline|nightly|backfill|experiment|pre-?process",
    "serves": r"endpoint|serving|inference|hosting|notebook",
    "volume": r"volume|disk|\bebs\b|storage|file ?system",
    "unattached": r"\b(unattached|not attached|detached|orphan(ed)?|unmounted|dangling)\b",
    "storage": r"storage|\bs3\b|blob|bucket|\befs\b|\bebs\b|volume|disk|gb-?mo|gib-?mo",
    "checkpoint": r"\bcheckpoints?\b|\bckpts?\b|\bold[-_ ](models?|runs?|weights)\b",
    "snapshot": r"snapshots?\b|snapshotusage",
    "idle_address": r"idle ?address|(idle|unused|unassociated|not in use)[a-z ]*(public )?(ip|address)",
    "sent": r"out-bytes|data ?transfer|egress|outbound|bandwidth|regional-bytes|inter[- ]?(region|zone|az)",
    "received": r"in-bytes|ingress|inbound|transfer in\b|nat ?gateway|reservation",
    "between": r"inter[- ]?(region|zone|az)|regional|between (regions|zones)|cross[- ](region|zone|az)|vpcpeering|availability zone",
    "nat": r"nat[- ]?gateway|cloud nat\b",
    "logs": r"cloudwatch|log analytics|application insights|cloud logging|stackdriver|datadog|new relic|splunk",
    "marketplace": r"marketplace|subscription|saas\b",
    "maker": r"claude|gemini|mistral|llama|deepseek|grok|qwen|command-r|gpt",
    "support": r"\bsupport (plan|fee|subscription)|^support\b|(premium|enterprise|business|developer|technical)[a-z ]*support",
}


def kinds_of(lines: Iterable[Row]) -> list[tuple[str, str, bool, str, str]]:
    """Rows of KIND_COLUMNS for the distinct lines. A line must mean one thing."""
    found: dict[str, tuple[str, str, bool, str, str]] = {}
    for sku, *texts in lines:
        service, description, instance, model, provider = (text or "" for text in texts)
        spend = classify(service, description, instance, model, provider, "")
        row = (sku, spend.kind, spend.rule not in _BEFORE_TAGS, spend.hardware, f"{service} {description}".lower())
        if found.setdefault(sku, row) != row:
            raise AssertionError(f"line {sku} means two things")
    return list(found.values())


def _with_places(amount: int, at: int) -> Callable[[Iterable[Row]], list[tuple[Any, ...]]]:
    """The rival's rows with column `amount` as Decimal and an empty list of places before column `at`."""
    return lambda rows: [(*row[:amount], _money(row[amount]), *row[amount + 1 : at], [], *row[at:]) for row in rows]


def _daily(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """Service, day, cost, rows."""
    return [(service, day.date() if isinstance(day, datetime) else day, _money(cost), count) for service, day, cost, count in rows]


def _money(value: Any) -> Decimal:
    return Decimal(str(round(float(value), 9)))


#: Rule id -> check whose rows answer the rule's question, and how they become its columns.
JUDGED: Mapping[str, tuple[str, Callable[[Iterable[Row]], list[tuple[Any, ...]]]]] = {
    "idle-accelerators-in-a-node": ("idle-accelerators-in-a-node", _with_places(2, 4)),
    "model-on-large-node": ("model-on-large-node", _with_places(3, 5)),
    "large-host": ("large-host", _with_places(1, 3)),
    "old-gpu-generation": ("old-gpu-generation", _with_places(1, 3)),
    "spot-candidate": ("spot-candidate", _with_places(3, 5)),
    "dear-region": ("dear-region", _with_places(2, 4)),
    "spike-day": ("daily by service", _daily),
    "trend": ("daily by service", _daily),
    "month-end-forecast": ("daily by service", _daily),
}
#: Checks whose rows are material for prices: what the audit makes of them is not compared.
NOT_ANSWERS = ("lines", "token use for prices", "signs that calls can wait", "daily by service")


def answers_of(found: Mapping[str, Iterable[Row]]) -> dict[str, Answers]:
    """Answers by check, judged where a rule does more than ask."""
    from tools.audit.findings.all_rules import RULES

    rules = {rule.id: rule for rule in RULES}
    values = _values(found)
    answers = {name: _plain(rows) for name, rows in found.items() if name not in JUDGED and name not in NOT_ANSWERS}
    for name, (check, shape) in JUDGED.items():
        answers[name] = _judge(rules[name], shape(found[check]), values)
    return answers


def _values(found: Mapping[str, Iterable[Row]]) -> dict[str, Any]:
    total, days = next(iter(found["totals"]))[1], next(iter(found["period"]))[2]
    ai_total = sum((_money(cost) for kind, cost in found["by kind"] if kind in AI_KINDS), Decimal(0))
    return {"total": _money(total), "ai_total": ai_total, "days": int(days), "currency": "USD", "today": date.today()}


def _judge(rule: Any, rows: list[tuple[Any, ...]], values: dict[str, Any]) -> Answers:
    """The rule's own verdict on these rows, as detail -> amount."""
    from tools.audit.findings.rule import apply

    def ask(statement: str, _: Any = ()) -> Sequence[tuple[Any, ...]]:
        return [([],)] if statement.strip().startswith("select min(place") else rows

    return {match.detail: [] if match.amount is None else [round(float(match.amount), 6)] for match in apply(rule, ask, values, "USD")}


def _plain(rows: Iterable[Row]) -> Answers:
    """Key -> values: texts joined, numbers as float rounded far below a cent."""
    found: Answers = {}
    for row in rows:
        words = [value.isoformat() if isinstance(value, date) else str(value) for value in row if not _is_number(value)]
        found["|".join(words)] = [round(float(value), 6) for value in row if _is_number(value)]
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
