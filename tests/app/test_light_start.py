"""Starting is light: no model library in the server, no Gradio in the command line."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "openvino", "optimum", "langgraph", "langchain_core")


def _loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sorted(name for name in sys.modules if '.' not in name)))"
    return set(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120).stdout.split())


def test_the_screen_loads_no_model_library(tmp_path):
    loaded = _loaded_after(
        "from pathlib import Path\nfrom app.quiet import quiet_libraries\nquiet_libraries()\nfrom app.settings import load\n"
        "from app.wiring import build\nfrom app.server import create_app\n"
        f"create_app(build(load({{'data_dir': Path({str(tmp_path)!r})}}, environ={{}})))"
    )
    assert "gradio" in loaded and not loaded.intersection(HEAVY)


@pytest.mark.parametrize("module", ["app.cli.commands", "app.cli.running", "app.cli.asking", "app.cli.planning"])
def test_the_command_line_loads_no_gradio(module):
    assert not _loaded_after(f"import {module}").intersection({"gradio", "fastapi", *HEAVY})
