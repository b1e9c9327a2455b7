"""The memory: conversations, facts, evidence, bills, jobs and plans per owner, in SQLite (or Postgres by URL)."""
