"""Bytes -> text tables, one file per container. Decides nothing about money."""
