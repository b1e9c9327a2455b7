"""Predicts without running: memory fit and API prices, from the fact base and closed formulas."""
