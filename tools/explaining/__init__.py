"""Answers "what is this?", "why?" and "where does this number come from?" from cards, ledger and evidence."""
