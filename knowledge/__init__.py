"""THE FACTS: quantities, ranges, sources, the dated catalogue. Imports nothing else of ours."""
