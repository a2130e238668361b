"""Rules about the code: pages load no torch; files, functions and parameter lists stay short."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MOST_PARAMETERS = 6
WITHOUT_TORCH = ("camcore.cli.main", "camcore.presentation.report.report", "dashboard.router")
SOURCES = sorted(path for package in ("camcore", "dashboard") for path in (REPOSITORY / package).rglob("*.py"))


def find_importer_of_torch(modules: Sequence[str], folder: Path) -> str:
    """Import modules in turn, in another process, and return the first that loads torch; empty if none does."""
    code = (
        "import importlib, sys\n"
        f"for module in {list(modules)!r}:\n"
        "    importlib.import_module(module)\n"
        "    if 'torch' in sys.modules:\n"
        "        sys.exit(print(module))\n"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_pages_and_command_line_load_no_torch() -> None:
    assert find_importer_of_torch(WITHOUT_TORCH, REPOSITORY) == ""


def test_a_module_that_loads_torch_is_named(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("")  # the real one takes seconds
    (tmp_path / "one.py").write_text("import json")
    (tmp_path / "other.py").write_text("import torch")
    assert find_importer_of_torch(("one", "other"), tmp_path) == "other"


def test_files_stay_short() -> None:
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def list_functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function and method with its file and name."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.name}", node


def count_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many values a caller can pass; `*values` and `**options` are one each, `self` and `cls` none."""
    given = function.args
    named = [parameter.arg for parameter in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(named) - (named[:1] in (["self"], ["cls"])) + bool(given.vararg) + bool(given.kwarg)


def test_functions_stay_short() -> None:
    lengths = {name: (node.end_lineno or node.lineno) - node.lineno + 1 for name, node in list_functions()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_functions_take_few_parameters() -> None:
    """Commands are no exception: click passes their options by name, and those that only go on are `**options`."""
    counts = {name: count_parameters(node) for name, node in list_functions()}
    assert {name: count for name, count in counts.items() if count > MOST_PARAMETERS} == {}


def test_all_kinds_of_parameters_count() -> None:
    method = ast.parse("def f(self, a, /, b, *c, d, **e): ...").body[0]
    assert isinstance(method, ast.FunctionDef)
    assert count_parameters(method) == 5


def test_no_file_is_a_drawer() -> None:
    assert not {path.stem for path in SOURCES} & {"utils", "helpers", "misc", "common"}


def test_imports_go_down() -> None:
    """The layers are the contracts of `[tool.importlinter]` in pyproject.toml."""
    result = subprocess.run(["lint-imports", "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
