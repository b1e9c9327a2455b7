"""Looks at a model folder and at one run of it: size, layers, number formats, time and memory by operator."""
