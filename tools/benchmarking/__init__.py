"""Times a model properly: latency percentiles, throughput, peak memory, quality on a labelled file."""
