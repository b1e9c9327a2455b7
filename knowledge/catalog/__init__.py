"""Look-ups in the fact base: accelerators, instances, API models, model architectures, carbon, commitments.

Each kind of fact is read from YAML on first use and kept; importing this package reads nothing. Names are found by
canonical name, alias, common spellings ("A100 80GB", "a100-80g"), or refused with the nearest names: a look-up never
guesses. Prices are list prices in USD without tax; a user's own price is not handled here. One module a kind of fact.
"""

from knowledge.catalog.carbon import CarbonFigure, embodied_carbon, grid_carbon, grid_region, power_usage_effectiveness
from knowledge.catalog.hardware import accelerator, accelerator_names, accelerators, cpu, cpus, find_accelerator
from knowledge.catalog.machines import (
    commitment_examples,
    commitments,
    cpu_machine,
    cpu_machines,
    instance,
    instance_names,
    instances,
    instances_with,
    marketplaces,
)
from knowledge.catalog.models import Resolved, model, model_names, models, resolve_model
from knowledge.catalog.providers import providers, source_of
from knowledge.catalog.serving import PrecisionFactor, effect_source, effects_near, precision_effects, saturated_factor
from knowledge.catalog.shelf import DATA, Shelf, checked, is_stale, read_folder, squash
from knowledge.catalog.tokens import api_model, api_model_names, api_models, find_api_model

__all__ = [
    "DATA",
    "CarbonFigure",
    "PrecisionFactor",
    "Resolved",
    "Shelf",
    "accelerator",
    "accelerator_names",
    "accelerators",
    "api_model",
    "api_model_names",
    "api_models",
    "checked",
    "commitment_examples",
    "commitments",
    "cpu",
    "cpu_machine",
    "cpu_machines",
    "cpus",
    "effect_source",
    "effects_near",
    "embodied_carbon",
    "find_accelerator",
    "find_api_model",
    "grid_carbon",
    "grid_region",
    "instance",
    "instance_names",
    "instances",
    "instances_with",
    "is_stale",
    "marketplaces",
    "model",
    "model_names",
    "models",
    "power_usage_effectiveness",
    "precision_effects",
    "providers",
    "read_folder",
    "resolve_model",
    "saturated_factor",
    "source_of",
    "squash",
]
