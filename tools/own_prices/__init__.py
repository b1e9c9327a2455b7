"""Reads a price file that a person uploaded, in a process of its own."""
