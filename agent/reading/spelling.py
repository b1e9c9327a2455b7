"""Puts right what is plainly a typing error in a word of sizing: "troughput", "mcuh", "cheepest". Pure code.

Only for finding out what is asked: names, figures and everything that is kept go by the text as it was typed. A word is left alone where
it is short, holds a digit, or is no near neighbour of a word below.
"""

import re
from functools import cache

#: What is looked for, and what merely looks like it ("spend" is no misspelt "speed").
_KNOWN = """
    accelerator accelerators answer break-even budget capacity card cards cheap cheaper cheapest compare cost costs does enough estimate
    expensive fast faster fastest first fits handle hardware host hosting instance instances latency machine machines many memory month
    monthly much need owning ourselves price quick quicker recommend rent renting replica replicas request requests run running second
    seconds self-host self-hosting serve server servers serving should sizing sustain throughput time token tokens traffic train training
    utilisation utilization versus what which would
    about after again before being cloud could first force found house large lately moment never other place point power prime prompt
    prompts right share since small spare speed spend spends spent start state still table their there these thing think those though
    three through today total trail under until using where while whose world years
"""
_WORDS = tuple(sorted(_KNOWN.split()))
_SHORT = {"hw": "how", "wat": "what", "wats": "what is", "whats": "what is", "wich": "which", "wil": "will", "thruput": "throughput"}
_WORD = re.compile(r"(?<![\w./-])[A-Za-z]+(?:-[a-z]+)?(?![\w/-]|\.\w)")
_SURE = 8  # letters from which two errors are still plain


def spelled(text: str) -> str:
    """The text with its plain typing errors put right."""
    return _WORD.sub(lambda hit: _right(hit.group().lower()) or hit.group(), text)


@cache
def _right(word: str) -> str:
    """The word that is meant; "" where it is left alone."""
    if word in _SHORT:
        return _SHORT[word]
    if word in _WORDS or len(word) < 3:
        return ""
    turned = [one for one in (*_WORDS, "how", "can") if len(one) == len(word) and one[0] == word[0] and sorted(one) == sorted(word)]
    if turned or len(word) < 5:
        return turned[0] if len(turned) == 1 and turned[0] != word else ""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = [one for one in _WORDS if one[0] == word[0]]
    found = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=1 + (len(word) >= _SURE))
    return str(found[0]) if found else ""
