"""The plan and its evidence as JSON: keys are stable and sorted, money travels as text, evidence is sorted by id.

The same plan and knowledge give the same bytes: only measurements carry the time at which they were made.
"""

import json

from knowledge.source import Tier
from tools.contracts.plan import Plan
from tools.export.audit_part import AuditPart
from tools.export.evidence_order import Traced

SCHEMA = "frugal-plan/1"


def json_bytes(plan: Plan, traced: Traced, audit: AuditPart | None = None) -> bytes:
    """The file's bytes, UTF-8."""
    content = {
        "schema": SCHEMA,
        "plan": plan.model_dump(mode="json"),
        "audit": None if audit is None else dict(audit.result),
        "evidence": [
            record.model_dump(mode="json", exclude=None if record.tier is Tier.MEASURED else {"created_at"})
            for record in traced.records.values()
        ],
        "evidence_missing": list(traced.missing),
        "evidence_superseded": sorted(traced.superseded),
    }
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
