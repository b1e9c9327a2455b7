"""Finds what a message mentions (quantities with units, names, files) by code, before any language model reads it."""
