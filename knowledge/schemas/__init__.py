"""Shapes of the fact files under `knowledge/data/`: what a reviewed YAML file may say, and nothing else.

Every file names its sources once (`sources: {key: {ref, checked_on}}`) and each entry points to one by key, so that
each value has an origin and a date. Unknown keys are refused. `None` means unknown: never 0, never a default.
Units are in the field names; money is Decimal, written as quoted text; accelerators' FLOPS are dense, in tera (1e12).
Loads no files and holds no facts. One module a kind of fact.
"""

from collections.abc import Mapping

from knowledge.schemas.carbon import CarbonFile, Country, Embodied, GridRegion, PowerUse
from knowledge.schemas.entry import TASKS, FactFile, Money, Named, Positive, SourceEntry, Strict
from knowledge.schemas.hardware import Accelerator, AcceleratorFile, CpuFamily, CpuFile
from knowledge.schemas.machines import (
    Commitment,
    CommitmentExample,
    CommitmentFile,
    CpuMachine,
    CpuMachineFile,
    Instance,
    InstanceFile,
    Marketplace,
    RegionPrice,
    Rented,
)
from knowledge.schemas.models import ArchitectureFile, ModelArchitecture
from knowledge.schemas.serving import PrecisionEffect, ServingFile
from knowledge.schemas.tokens import TOKEN_TYPES, ApiModel, ApiModelFile, LongContext, TokenPrice

__all__ = [
    "KINDS",
    "TASKS",
    "TOKEN_TYPES",
    "Accelerator",
    "AcceleratorFile",
    "ApiModel",
    "ApiModelFile",
    "ArchitectureFile",
    "CarbonFile",
    "Commitment",
    "CommitmentExample",
    "CommitmentFile",
    "Country",
    "CpuFamily",
    "CpuFile",
    "CpuMachine",
    "CpuMachineFile",
    "Embodied",
    "FactFile",
    "GridRegion",
    "Instance",
    "InstanceFile",
    "LongContext",
    "Marketplace",
    "ModelArchitecture",
    "Money",
    "Named",
    "Positive",
    "PowerUse",
    "PrecisionEffect",
    "RegionPrice",
    "Rented",
    "ServingFile",
    "SourceEntry",
    "Strict",
    "TokenPrice",
]

#: folder under knowledge/data -> (file shape, name of its list of entries)
KINDS: Mapping[str, tuple[type[FactFile], str]] = {
    "hardware": (AcceleratorFile, "accelerators"),
    "cpus": (CpuFile, "cpus"),
    "prices/instances": (InstanceFile, "instances"),
    "prices/cpu_machines": (CpuMachineFile, "cpu_machines"),
    "prices/api": (ApiModelFile, "models"),
    "prices/commitments": (CommitmentFile, "commitments"),
    "models": (ArchitectureFile, "models"),
    "carbon": (CarbonFile, "regions"),
    "serving": (ServingFile, "precision_effects"),
}
