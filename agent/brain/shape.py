"""The brain's shape: one place for its architecture, special tokens and prompt markers.

Imported by pre-training, fine-tuning and inference, so that all three agree. Holds no weights and reads no files.
Sizes are in tokens or tensor units; 10.8 M parameters, about 22 MB stored as bfloat16.
"""

VOCAB_SIZE = 10240
CONTEXT_TOKENS = 1024

PAD, END = "<|pad|>", "<|end|>"
ASKED, USER, ANSWER = "<|asked|>", "<|user|>", "<|answer|>"
SPECIAL_TOKENS = [PAD, END, ASKED, USER, ANSWER]

# Qwen3 block shape: 7 layers of width 320, 5 query heads sharing one key/value head of 64.
ARCHITECTURE = {
    "hidden_size": 320,
    "num_hidden_layers": 7,
    "intermediate_size": 864,
    "num_attention_heads": 5,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "max_position_embeddings": CONTEXT_TOKENS,
    "tie_word_embeddings": True,
    "rope_theta": 10000.0,
}


def prompt_text(asked: str, marked_message: str) -> str:
    """What the brain reads: the field asked about (or "none") and the message with its candidates marked."""
    return f"{ASKED}{asked}{USER}{marked_message}{ANSWER}"
