"""Words: the reading instructions for bigger language models, the questions Frugal asks, the sentences it says. No logic."""
