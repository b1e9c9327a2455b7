"""Runs worker tools in child processes: start, poll, cancel, re-attach; limits; records committed before they are shown."""
