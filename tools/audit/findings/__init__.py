"""One rule per file; each is a declaration: what it looks for, as one statement over the ledger, and what would confirm it."""
