"""Rules about the code itself: pages load no torch, files and functions stay short."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LONGEST_FILE = 400
LONGEST_FUNCTION = 75
WITHOUT_TORCH = ("dashboard.router", "camcore.cli.main", "camcore.presentation.report.report")
SOURCES = sorted(path for package in ("camcore", "dashboard") for path in (REPOSITORY / package).rglob("*.py"))


def loads_torch(module: str) -> bool:
    """Import a module in a process of its own and return whether torch was loaded with it."""
    code = f"import {module}, sys; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return result.stdout.strip() == "True"


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_pages_and_command_line_load_no_torch(module: str) -> None:
    assert not loads_torch(module)


def test_workflows_load_torch() -> None:
    """Without this the test above could pass because it can't see torch."""
    assert loads_torch("camcore.workflows.explain")


def test_files_stay_short() -> None:
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    functions = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    lengths = {
        node.name: node.end_lineno - node.lineno + 1
        for node in functions
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_file_is_a_drawer() -> None:
    assert not {path.stem for path in SOURCES} & {"utils", "helpers", "misc", "common"}


def test_imports_go_down() -> None:
    """The layers are the contracts of `[tool.importlinter]` in pyproject.toml."""
    result = subprocess.run(["lint-imports", "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
