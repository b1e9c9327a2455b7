"""Accelerators of Pascal, Volta, Kepler or Turing age, where newer ones do the same work for less."""

from tools.audit.findings.rule import Rule

RULE = Rule(
    id="old-gpu-generation",
    title="Old accelerator generation",
    confirm="A benchmark of the model on a current accelerator (benchmark_model).",
    statement="""
select lower(hardware) as detail, sum(cost), sum(rows), list(place order by place)[:20] from spend
where kind in ('gpu', 'managed_ai') and category = 'Usage' and regexp_matches(lower(hardware),
  '\\b(?:ml\\.)?(?:p2|p3|p3dn|g3|g3s|g4dn|g4ad|inf1)\\.|_nc\\d+(?:r?s_v[23]|as_t4_v3|r?$)|_nd\\d+r?s(?:$|_v2)|_nv\\d+|\\b(?:k80|m60|p100|p4|p40|v100|t4)\\b|tpu[ -]?v[23]')
group by 1 having sum(cost) > 0 order by 2 desc, 1""",  # noqa: E501
)
