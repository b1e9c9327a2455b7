"""What every registered tool promises to the agent, the command line and the job runner, before any of it is run."""

import ast
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import ValidationError

from knowledge.errors import UserError
from tools.contracts.tool import Arguments, ToolSpec
from tools.registry import TOOLS, tool

ROOT = Path(__file__).resolve().parents[2]
FIXED_NAMES = {
    *("audit_costs", "audit_data", "check_savings", "price_api", "select_model"),
    *("choose_hosting", "estimate_serving", "estimate_memory", "estimate_training"),
    *("profile_model", "benchmark_model", "quantize_model", "prune_model", "distill_model", "tune_lora"),
    *("make_plan", "explain", "export_plan"),
}
HEAVY_LIBRARIES = (
    "torch",
    "transformers",
    "openvino",
    "optimum",
    "nncf",
    "peft",
    "pandas",
    "duckdb",
    "ibis",
    "gradio",
    "langgraph",
    "sklearn",
)
every_tool = pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)


def test_importing_the_registry_loads_no_heavy_library() -> None:
    code = f"import tools.registry, sys; print(*[name for name in {HEAVY_LIBRARIES!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_list_is_short_and_without_doubles() -> None:
    names = [spec.name for spec in TOOLS]
    assert len(names) == len(set(names)) <= 20
    assert set(names) <= FIXED_NAMES


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    assert tool("audit_costs").name == "audit_costs"
    with pytest.raises(UserError) as caught:
        tool("audit_cost")
    assert caught.value.code == "unknown-tool" and "audit_costs" in caught.value.hint


@every_tool
def test_arguments_are_few_flat_and_explained(spec: ToolSpec) -> None:
    assert issubclass(spec.args, Arguments)
    schema = spec.args.model_json_schema()
    assert 0 <= len(schema["properties"]) <= 12
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field.get("description"), name
        for kind in _kinds(field):
            assert kind in {"string", "integer", "number", "boolean", "null"}, f"{name} is not flat: {kind}"
    with pytest.raises(ValidationError):
        spec.args.model_validate({"no_such_argument": 1})


@every_tool
def test_the_argument_model_can_be_found_again_by_its_name(spec: ToolSpec) -> None:
    """A worker is told the name only."""
    assert getattr(import_module(spec.args.__module__), spec.args.__qualname__) is spec.args


@every_tool
def test_the_declaration_is_whole(spec: ToolSpec) -> None:
    assert spec.summary and "\n" not in spec.summary and len(spec.summary) <= 160
    assert spec.time_limit_s > 0 and spec.memory_limit_mib > 0
    if spec.consent == "always":
        assert spec.estimate, "a consent card needs an estimate"
        assert spec.runs == "worker", "what needs consent must be cancellable"


@every_tool
def test_the_work_is_there_with_the_agreed_arguments(spec: ToolSpec) -> None:
    """Read, not imported: the work may load torch."""
    for entry in filter(None, (spec.entry, spec.estimate)):
        module, _, function = entry.partition(":")
        found = find_spec(module)
        assert found is not None and found.origin is not None, f"{module} does not exist"
        defined = {node.name: node for node in ast.parse(Path(found.origin).read_text()).body if isinstance(node, ast.FunctionDef)}
        assert function in defined, f"{entry} does not exist"
        arguments = defined[function].args
        assert len(arguments.posonlyargs + arguments.args) == 2 and not arguments.kwonlyargs, f"{entry} must take (args, context)"


def _kinds(field: dict) -> list[str]:  # type: ignore[type-arg]
    """Plain JSON types of a field, looking through lists, options and enumerations."""
    if "anyOf" in field:
        return [kind for option in field["anyOf"] for kind in _kinds(option)]
    if field.get("type") == "array":
        return _kinds(field["items"])
    if "enum" in field or "const" in field:
        return [field.get("type", "string")]
    return [field.get("type", "unknown")]
