"""The list of rules, in the order shown. To add one: one file here, one line below, one test."""

from tools.audit.findings import (
    always_on,
    cache_share,
    commitment,
    dominating_line,
    idle_accelerators,
    model_sprawl,
    nonproduction,
    old_generation,
    output_heavy,
    spike_days,
    untagged,
    unused_commitment,
)
from tools.audit.findings.rule import Rule

RULES: tuple[Rule, ...] = (
    idle_accelerators.RULE,
    nonproduction.RULE,
    always_on.RULE,
    old_generation.RULE,
    commitment.RULE,
    unused_commitment.RULE,
    output_heavy.RULE,
    cache_share.RULE,
    model_sprawl.RULE,
    dominating_line.RULE,
    spike_days.RULE,
    untagged.RULE,
)
