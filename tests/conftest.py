"""For every test: the made-up examples of property tests are the same in every run, and none fails for being slow.

Random ones: `pytest --hypothesis-profile default`.
"""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")
