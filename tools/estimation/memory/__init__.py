"""`estimate_memory`: what a model needs on accelerators, in serving and in training, and what fits. `formulas` is pure arithmetic."""
