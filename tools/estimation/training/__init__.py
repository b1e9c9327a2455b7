"""`estimate_training`: hours, money, energy and carbon of fine-tuning and pre-training, and which method fits which accelerators."""
