"""Traffic that pays for a NAT gateway beside AI workloads: model and image pulls can take free or cheaper private endpoints."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="nat-gateway",
    title="Traffic that pays for a NAT gateway",
    confirm="Flow logs of the gateway: what goes to storage and container registries of the same cloud can use a private endpoint.",
    limit=1,
    needs="category = 'Usage' and regexp_matches(words, 'nat[- ]?gateway|cloud nat\\b')",
    statement="""
select '', sum(cost), sum(rows), min(place, 20), null, format('{:.1f} % of the bill', 100 * sum(cost)::double / $total::double)
from spend where $needs
having sum(cost) >= 0.01 * $total and sum(cost) > 0""",
    effect=Effect.of(
        "0", "0.4", "0.8", Tier.ASSUMED, "Assumed: much of such traffic stays inside the cloud; the hourly fee remains while one is needed"
    ),
)
