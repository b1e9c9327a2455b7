"""Turns facts, bills and measurements into a plan: actions on cost lines, verdicts, sub-additive totals."""
