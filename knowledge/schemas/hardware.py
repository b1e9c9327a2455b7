"""Shape of the facts about accelerators and CPU families. FLOPS are dense, in tera (1e12); memory in GiB; bandwidth in GB/s (1e9)."""

from typing import Literal

from pydantic import Field

from knowledge.schemas.entry import FactFile, Named, Positive

Format = Literal["fp32", "tf32", "bf16", "fp16", "fp8", "int8", "int4", "fp4"]
#: Lowest NVIDIA compute capability whose tensor cores (or, for FP32 and FP16, plain cores) multiply the format.
#: INT8 as in vLLM's W8A8 kernels: 7.5, though older chips have a four-way INT8 dot product.
_SINCE: dict[str, float] = {"fp32": 0.0, "fp16": 5.3, "tf32": 8.0, "bf16": 8.0, "int8": 7.5, "fp8": 8.9, "fp4": 10.0}


class Accelerator(Named):
    """One chip or card. Bandwidth in GB/s (1e9), link in GB/s in one direction per accelerator, power in watts."""

    vendor: str
    kind: Literal["gpu", "tpu", "asic"] = "gpu"
    memory_gib: Positive | None
    shared_memory: bool = False  # one memory for processor and accelerator: the system and its programs take part of it
    bandwidth_gb_s: Positive | None
    tflops: dict[Literal["fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp4"], Positive] = Field(default_factory=dict)
    lacks: tuple[Format, ...] = ()  # formats that the documents say the chip does not multiply
    tdp_w: Positive | None
    idle_w: Positive | None = None  # the card at rest without a program on it; a loaded model holds it tens of watts higher
    link: str = ""  # "NVLink 4", "PCIe 4.0 x16", "ICI" ...
    link_gb_s: Positive | None = None
    compute_capability: str = ""
    data_centre: bool = True  # False: the licence of its driver does not permit data centres
    released: str = ""  # ISO date or year
    field_sources: dict[str, str] = Field(default_factory=dict)  # fields read elsewhere than `source`

    def supports(self, precision: str) -> bool | None:
        """Whether the chip computes in that number format; None where the fact base does not know.

        `int4` means weights kept in 4 bits and widened before they are multiplied, which every GPU can do.
        """
        if precision in self.tflops or (precision in ("fp32", "int4") and self.kind == "gpu"):
            return True
        if precision in self.lacks:
            return False
        if self.compute_capability and precision in _SINCE:
            return float(self.compute_capability) >= _SINCE[precision]
        return None


class AcceleratorFile(FactFile):
    accelerators: tuple[Accelerator, ...]


class CpuFamily(Named):
    """A server CPU as clouds rent it, by its largest part: one socket, at the base clock. Power is a vCPU's.

    Bandwidth and throughput are ceilings that follow from the facts; software reaches a part of them.
    """

    vendor: str
    part: str = ""  # the part that the figures are of
    cores: int = Field(gt=0)
    threads_per_core: int = Field(2, gt=0)
    base_ghz: Positive | None = None
    memory_channels: int | None = Field(None, gt=0)
    memory_mts: int | None = Field(None, gt=0)  # megatransfers a second of a channel, 8 bytes each
    flops_per_cycle: dict[Literal["fp32", "bf16", "int8"], int] = Field(default_factory=dict)  # of a core; a multiply-add is two
    vector: str = ""  # "AVX-512, AMX", "AVX2", "NEON 2 x 128" ...
    tdp_w: Positive | None = None
    watts_per_vcpu_idle: Positive | None = None
    watts_per_vcpu_full: Positive | None = None
    machines: tuple[str, ...] = ()  # instance families of clouds that rent it: "c7i", "n4", "dasv6"
    released: str = ""
    field_sources: dict[str, str] = Field(default_factory=dict)

    @property
    def bandwidth_gb_s(self) -> float | None:
        """Theoretical memory bandwidth of one socket: channels x transfers x 8 bytes."""
        if self.memory_channels is None or self.memory_mts is None:
            return None
        return self.memory_channels * self.memory_mts * 8 / 1000

    @property
    def tflops(self) -> dict[str, float]:
        """Dense throughput of one socket at the base clock, in tera, by number format; formats without an entry have no fast path."""
        if self.base_ghz is None:
            return {}
        return {name: self.cores * self.base_ghz * per_cycle / 1000 for name, per_cycle in self.flops_per_cycle.items()}


class CpuFile(FactFile):
    cpus: tuple[CpuFamily, ...]
