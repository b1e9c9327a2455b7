"""Makes an int8 copy of a model and proves on the same harness whether it is worth having."""
