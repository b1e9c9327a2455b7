"""`choose_hosting`: ranks GPUs, CPUs, hosts by the token, API models and devices for a workload, and finds where self-hosting pays."""
