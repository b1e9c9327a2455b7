"""THE WORK: audit, estimate, measure, compress, plan, export. No language model, no screen."""
