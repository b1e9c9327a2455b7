"""Imports Gradio without its side work: on import it rewrites editor stubs (.pyi) for each component, in site-packages.

That takes about half of the import (parsing every component's source twice) and writes into an installation that may
belong to another user. A post-import hook turns that one function off; where a later Gradio has no such function,
nothing changes. Does not touch how Gradio works.
"""

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType

_MODULE, _FUNCTION = "gradio.component_meta", "create_or_modify_pyi"


def _no_stub(*_: object, **__: object) -> None:
    """Writes nothing."""


class _Loader(importlib.abc.Loader):
    def __init__(self, real: importlib.abc.Loader) -> None:
        self.real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.real.exec_module(module)
        if hasattr(module, _FUNCTION):
            setattr(module, _FUNCTION, _no_stub)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: object = None, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != _MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def without_stubs() -> None:
    """Call once before the first `import gradio`."""
    if _MODULE not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
