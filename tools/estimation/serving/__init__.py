"""Predicts how a served language model behaves: a roofline with calibrated rates, closed forms for scheduling, honest error bands."""
