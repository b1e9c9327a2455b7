"""One file per schema version, named rNNNN_what.py; `revision` is the four digits."""
