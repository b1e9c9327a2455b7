"""Work of `profile_model`: where a model's parameters, bytes, operations and time are, and what limits it. Parent process.

Runs the model as stored, in torch, in one fresh process. Reports shares and limits; recommends nothing by itself.
Sizes in MiB, times in ms, FLOPs for one forward pass of the whole batch.
"""

from typing import Any

from knowledge.errors import UserError
from knowledge.ranges import Range
from knowledge.source import Tier
from tools.contracts.evidence import Evidence, SourceRef
from tools.contracts.tool import JobEstimate, Statement, ToolContext, ToolResult
from tools.measuring.cost_of_measuring import measuring_estimate
from tools.measuring.harness import Samples
from tools.measuring.machine import MIB, LoadWatch, cores, environment
from tools.measuring.model_folder import ModelFolder, resolve
from tools.measuring.run_evidence import reproduce_command
from tools.measuring.runs import open_target, require_memory, stored_target
from tools.measuring.steps import Steps
from tools.profiling.limits import Limit, limit_of
from tools.profiling.tool import ProfileModel

_NEW_TOKENS = 16


def estimate(args: ProfileModel, context: ToolContext) -> JobEstimate:
    """Time, disk and memory, from the parameter count."""
    folder = resolve(args.model, context)
    return measuring_estimate(folder, folder.task(), arms=1, shapes=3, exports=False, data="", scored=False)


def run(args: ProfileModel, context: ToolContext) -> ToolResult:
    """Profiles the model. Raises UserError for a bad folder or an input longer than the model takes."""
    folder = resolve(args.model, context)
    task = folder.task()
    generates = task == "text-generation"
    if args.tokens + (_NEW_TOKENS + 1 if generates else 0) > folder.max_tokens:
        raise UserError(
            "input-too-long",
            f"{folder.name} takes at most {folder.max_tokens} tokens, the profile's own new ones included.",
            "Give fewer tokens.",
        )
    require_memory(folder, copies=1.5)
    steps = Steps(context.progress, total=5)
    steps.next("loading the model")
    opened = open_target(stored_target(folder), task, steps.tick, steps.inner)
    with opened.child as child:
        watch = LoadWatch()
        steps.next("counting parameters")
        held = child.call("tools.profiling.inside:parameters")
        steps.next("timing operators")
        compute = child.call("tools.profiling.inside:compute", batch=args.batch, tokens=args.tokens)
        peak = opened.peak_mib()
        steps.next("timing generation" if generates else "measuring the machine")
        decode = (
            child.call("tools.profiling.inside:decode", batch=args.batch, tokens=args.tokens, new_tokens=_NEW_TOKENS) if generates else None
        )
        roofs = child.call("tools.profiling.inside:roofs")
    folder.check_unchanged()
    return _Profile(args, folder, task, held, compute, decode, roofs, peak, opened.opened, watch.load_average).result()


class _Profile:
    """Puts the child's answers together: figures, evidence, sentences."""

    def __init__(
        self,
        args: ProfileModel,
        folder: ModelFolder,
        task: str,
        held: dict[str, Any],
        compute: dict[str, Any],
        decode: dict[str, Any] | None,
        roofs: dict[str, float],
        peak: float,
        opened: dict[str, Any],
        load: float,
    ) -> None:
        self.args, self.folder, self.task, self.held, self.compute = args, folder, task, held, compute
        self.roofs, self.peak, self.opened, self.load = roofs, peak, opened, load
        self.forward = Samples(tuple(compute["ns"])).percentile_ms(50)
        self.decode_ms = None if decode is None else self._decode_ms(decode)
        self.evidence: dict[str, Evidence] = {}
        self.machine = environment(cores())
        self.command = reproduce_command("profile_model", model=args.model, batch=args.batch, tokens=args.tokens)

    @staticmethod
    def _decode_ms(decode: dict[str, Any]) -> Range:
        """ms a new token: (time of many - time of one) / tokens between; bounds from the two medians' intervals."""
        first, many = Samples(tuple(decode["first_ns"])).percentile_ms(50), Samples(tuple(decode["many_ns"])).percentile_ms(50)
        return ((many - first) * (1 / _NEW_TOKENS)).clamp(low=0.0)

    def _add(self, key: str, claim: str, value: Range, unit: str, method: str, tier: Tier = Tier.MEASURED) -> None:
        self.evidence[key] = Evidence.record(
            tier=tier,
            claim=f"{claim} of {self.folder.name}",
            source=SourceRef(ref=f"own measurement of {self.folder.name}"),
            value=value,
            unit=unit,
            method=method,
            environment=self.machine,
            reproduce=self.command,
            inputs={
                "figure": key,
                "model": self.folder.name,
                "model_digest": self.folder.digest[:16],
                "batch": self.args.batch,
                "tokens": self.args.tokens,
            },
        )

    def _share(self, kind: str) -> float:
        return float(self.held["by_kind"].get(kind, 0)) / self.held["total"]

    def _limits(self) -> tuple[Limit, Limit | None]:
        speed = (self.roofs["bandwidth_gb_s"], self.roofs["gflop_s"])
        forward = limit_of(self.held["bytes"], self.compute["flops"], float(self.forward.likely), *speed)
        if self.decode_ms is None:
            return forward, None
        flops = self.compute["flops"] / self.args.tokens
        return forward, limit_of(self.held["bytes"], flops, float(self.decode_ms.likely), *speed)

    def result(self) -> ToolResult:
        """The tool's result."""
        forward, decoding = self._limits()
        self._record()
        held, compute = self.held, self.compute
        result: dict[str, Any] = {
            "model": self.folder.name,
            "task": self.task,
            "model_type": self.folder.model_type,
            "architecture": self.folder.architecture,
            "parameters": held["total"],
            "parameters_by_kind": held["by_kind"],
            "dtypes": held["by_dtype"],
            "precision": self.folder.precision,
            "size_mib": self.folder.weight_bytes / MIB,
            "embedding_share": self._share("embedding"),
            "quantizable_share": held["quantizable"] / held["total"],
            "prunable_share": held["prunable"] / held["total"],
            "batch": self.args.batch,
            "tokens": self.args.tokens,
            "flops": compute["flops"],
            "flops_by_operator": compute["flops_by_operator"],
            "operators": compute["operators"],
            "forward_ms": self.forward.as_dict(),
            "decode_ms_per_token": self.decode_ms.as_dict() if self.decode_ms else None,
            "gflop_s": compute["flops"] / float(self.forward.likely) / 1e6,
            "peak_memory_mib": self.peak,
            "libraries_mib": self.opened["libraries_mib"],
            "machine_bandwidth_gb_s": self.roofs["bandwidth_gb_s"],
            "machine_gflop_s": self.roofs["gflop_s"],
            "limited_by": forward.kind,
            "decode_limited_by": decoding.kind if decoding else None,
            "threads": compute["threads"],
            "load_average": self.load,
            "contended": self.load > cores() / 2,
            "environment": self.machine,
        }
        return ToolResult(result=result, evidence=tuple(self.evidence.values()), statements=self._statements(forward, decoding))

    def _record(self) -> None:
        counted = "Counted over the loaded model's tensors, tied ones once."
        self._add("parameters", "Parameters", Range.exact(self.held["total"]), "parameter", counted)
        self._add(
            "size",
            "Size of the weights on disk",
            Range.exact(self.folder.weight_bytes / MIB),
            "MiB",
            "Sum of the sizes of the weight files.",
        )
        self._add("embedding", "Share of parameters in embeddings", Range.exact(self._share("embedding")), "ratio", counted)
        self._add(
            "quantizable",
            "Share of parameters that int8 can reach",
            Range.exact(self.held["quantizable"] / self.held["total"]),
            "ratio",
            counted,
        )
        self._add(
            "prunable",
            "Share of parameters in linear layers of the blocks, which pruning can reach",
            Range.exact(self.held["prunable"] / self.held["total"]),
            "ratio",
            counted,
        )
        self._add(
            "flops",
            "Operations of one forward pass",
            Range.exact(self.compute["flops"] / 1e9),
            "GFLOP",
            "torch FlopCounterMode, two for each multiply-add.",
        )
        self._add(
            "forward", "Time of one forward pass", self.forward, "ms", "Median of repeated passes after a warm-up, bootstrap interval."
        )
        self._add(
            "memory", "Highest memory of the process", Range.exact(self.peak), "MiB", "VmHWM of the fresh process, libraries included."
        )
        self._add(
            "bandwidth",
            "Memory bandwidth of the machine during the profile",
            Range.exact(self.roofs["bandwidth_gb_s"]),
            "GB/s",
            "Best of repeated large copies, read and write.",
        )
        self._add(
            "arithmetic",
            "Matrix arithmetic of the machine during the profile",
            Range.exact(self.roofs["gflop_s"]),
            "GFLOP/s",
            "Best of repeated square matrix products in the model's number format.",
        )
        if self.decode_ms is not None:
            self._add(
                "decode",
                "Time of each new token",
                self.decode_ms,
                "ms",
                "Difference of generating many and one token from the same prompt, divided by the tokens between.",
            )
        top = self.compute["operators"][0]
        self._add(
            "top",
            f"Share of processor time in {top['operator']}",
            Range.exact(top["share"]),
            "ratio",
            "torch.profiler, self time of the operator over all operators.",
        )

    def _statements(self, forward: Limit, decoding: Limit | None) -> tuple[Statement, ...]:
        ids = {key: item.id for key, item in self.evidence.items()}
        model = {"model": self.folder.name}
        said = [
            Statement(
                text="{model} has {parameters} and takes {size} on disk, stored mostly as {precision}.",
                figures={"parameters": ids["parameters"], "size": ids["size"]},
                names={**model, "precision": self.folder.precision},
            ),
            Statement(
                text="Embeddings hold {embedding} of the parameters; int8 can reach {quantizable}, pruning of the blocks {prunable}.",
                figures={k: ids[k] for k in ("embedding", "quantizable", "prunable")},
            ),
            Statement(
                text="One forward pass ({flops}) takes {forward}; the process needs {memory}.",
                figures={k: ids[k] for k in ("flops", "forward", "memory")},
            ),
            Statement(
                text="The operator that takes most of the time is {operator}, with {top}.",
                figures={"top": ids["top"]},
                names={"operator": self.compute["operators"][0]["operator"]},
            ),
            Statement(text=f"Reading the prompt: {forward.words}" if decoding else forward.words),
        ]
        if decoding is not None:
            said.append(Statement(text="Writing: each new token takes {decode}.", figures={"decode": ids["decode"]}))
            said.append(Statement(text=f"Writing: {decoding.words}"))
        return tuple(said)
