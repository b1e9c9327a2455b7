"""The bundled small language model: weights, tokenizer, training data and the code that made them."""
