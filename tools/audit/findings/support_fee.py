"""Support plans whose fee is at least three percent of everything else. The fee follows spend, so it is last in the order."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="support-fee",
    title="Support fee beside the usage it covers",
    confirm="How many support cases were opened, and which tier they needed; the fee falls by itself when usage falls.",
    limit=1,
    needs="category in ('Usage', 'Purchase') and kind in ('other', 'unknown') and contains(words, 'support')",
    statement="""
with fee as (
  select sum(cost) as amount, sum(rows) as n, min(place, 20) as places from spend
  where category in ('Usage', 'Purchase') and kind in ('other', 'unknown')
    and regexp_matches(lower(concat_ws(' ', service, description)), '\\b(premium|enterprise|business|developer|standard|technical|cloud|aws|azure|google)[a-z ]*support\\b|\\bsupport (plan|fee|subscription)|^support\\b'))
select '', amount, n, places, null, format('{:.1f} % of everything else', 100 * amount::double / ($total - amount)::double)
from fee where amount > 0 and $total > amount and amount >= 0.03 * ($total - amount)""",  # noqa: E501
)
