"""The shared floor of profiling, quantization and benchmarking: safe model folders, loading, the one timing harness, quality."""
