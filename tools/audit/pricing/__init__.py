"""List prices beside the bill: what the tokens would cost by the dated catalogue. Reads the ledger; changes no total."""
