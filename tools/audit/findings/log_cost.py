"""Logs and metrics beside AI: where collecting them costs at least a twentieth of what the AI itself costs."""

from knowledge.source import Tier
from tools.audit.findings.rule import Effect, Rule

RULE = Rule(
    id="log-cost",
    title="Logging that costs much beside the AI it watches",
    confirm="Which log groups grow fastest: prompts and answers logged in full, debug level, retention without end.",
    limit=3,
    needs="""category = 'Usage' and kind in ('other', 'ai_adjacent')
  and regexp_matches(words,
  'cloudwatch|log analytics|application insights|cloud logging|stackdriver|datadog|new relic|splunk|logs? (ingest|storage)|vended ?log')""",
    statement="""
select service, sum(cost), sum(rows), min(place, 20), null,
  format('{:.1f} % of the AI spend, {:.1f} % of the bill',
    100 * sum(cost)::double / $ai_total::double, 100 * sum(cost)::double / $total::double)
from spend where $needs
group by service having $ai_total > 0 and $total > 0 and sum(cost)::double >= 0.05 * $ai_total::double order by 2 desc, 1""",
    effect=Effect.of(
        "0.1", "0.4", "0.7", Tier.ASSUMED, "Assumed: sampling, shorter retention and a higher log level; what audits require stays"
    ),
)
