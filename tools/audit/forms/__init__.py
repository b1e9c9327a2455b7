"""Recognised exports, one file per provider. Declarations only: header signature -> roles; `forms/form.py` does the matching."""
