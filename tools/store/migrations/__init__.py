"""Alembic scripts, run by `tools.store.database` when a store is opened. Forward only."""
