"""Reads uploaded bills and usage files, reconciles them to the cent, finds the AI spend in them."""
