"""`price_api`: what an API workload or a usage table costs at dated list prices, and cheaper ways to buy the same."""
