"""Writes the plan as Markdown, XLSX with live formulas, HTML, PDF and JSON. Prints; never computes."""
