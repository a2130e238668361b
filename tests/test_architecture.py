"""The design's rules about the code itself: imports go one way, pages know no torch, and files stay readable."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LONGEST_FILE = 250
TORCH = ("torch", "torchvision", "safetensors.torch")
RUNS_A_MODEL = "dashboard.own_image.network"  # for the page "Try your own image", and when there is an image only
# A module imports from levels above its own line only. Within `datasets` the imports must merely not go round.
LEVELS = (
    ("errors", "language", "appearance", "markup", "recipes", "mixing", "ranks"),
    ("environment", "stopping", "collectives"),
    ("files", "writing", "backbones", "geometry", "progress", "intervals", "likeness", "lanes", "seeds", "synced_norm"),
    ("config", "checksums", "statistics", "crossed_intervals", "box_regions", "confusion", "methods"),
    ("datasets", "heatmaps", "small_resnet", "devices", "resampling", "comparison", "claims"),
    ("drawing", "models", "runs", "wording", "own_image", "pixels", "image_cache", "class_names"),
    ("manifest", "run_creation", "shards"),
    ("generations", "disagreement", "sentences", "charts", "score_cam", "loading", "weights", "overlays"),
    (
        "fast_trunk",
        "attribution",
        "decoding",
        "heatmap_grid",
        "localization",
        "training_state",
        "optimization",
        "verdict_view",
        "foreign_weights",
    ),
    ("readings", "summary", "generation_writer", "faithfulness", "cost", "scoring", "pooled", "own_maps", "price"),
    ("checking", "path_check", "tiles", "sheet_pictures", "frozen_features"),
    ("path_choice", "image_table", "training_data"),
    ("explain", "evaluation", "report", "contact_sheet", "trainer"),
    ("verdict", "cli_options", "train"),
    ("workflows",),
    ("new_runs",),
    ("import_run",),
    ("cli_reading", "cli_train", "cli_import"),
    ("cli",),
    ("__main__",),
)


def find_modules(package: str) -> dict[str, Path]:
    """Return the modules of a package by their full names."""
    modules = {}
    for path in (REPOSITORY / package).rglob("*.py"):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


MODULES = find_modules("camcore") | find_modules("dashboard")
CAMCORE = sorted(name for name in MODULES if name.startswith("camcore"))
DASHBOARD = sorted(name for name in MODULES if name.startswith("dashboard"))


def walk_loaded(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported: everything outside of functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from walk_loaded(node)


def read_imports(name: str, on_load: bool = False) -> set[str]:
    """Return the full names of the modules that a module imports; `on_load` leaves out what functions import."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in walk_loaded(tree) if on_load else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively; full names can be searched for"
            assert node.module
            found |= {_resolve(node.module, alias.name) for alias in node.names}
    return found


def _resolve(module: str, name: str) -> str:
    """Return `package.name` where it is a module, else the module that the name is taken from."""
    return f"{module}.{name}" if f"{module}.{name}" in MODULES or f"{module}.{name}" in TORCH else module


def level_of(module: str) -> int:
    part = module.split(".")[1]
    return next(level for level, names in enumerate(LEVELS) if part in names)


def loaded_by(name: str) -> set[str]:
    """Return what is loaded, directly or through modules of ours, when a module is imported."""
    loaded, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        parents = {".".join(module.split(".")[:count]) for count in range(1, module.count(".") + 2)}
        for found in parents - loaded:
            loaded.add(found)
            if found in MODULES:
                waiting += read_imports(found, on_load=True)
    return loaded


def test_every_module_has_its_level() -> None:
    there = {name.split(".")[1] for name in CAMCORE if "." in name}
    listed = [name for names in LEVELS for name in names]
    assert there == set(listed), "a new module gets a place in LEVELS, a removed one loses it"
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("name", [name for name in CAMCORE if "." in name])
def test_imports_go_to_a_lower_level_only(name: str) -> None:
    for module in read_imports(name):
        if module.startswith("camcore.") and module.split(".")[1] != name.split(".")[1]:
            assert level_of(module) < level_of(name), f"{name} imports {module}"


@pytest.mark.parametrize("names", [CAMCORE, DASHBOARD], ids=["camcore", "dashboard"])
def test_imports_never_go_round(names: list[str]) -> None:
    TopologicalSorter({name: read_imports(name) - {name} for name in names}).prepare()


@pytest.mark.parametrize("name", CAMCORE)
def test_the_engine_knows_nothing_of_the_dashboard(name: str) -> None:
    assert not {module for module in read_imports(name) if module.split(".")[0] in ("streamlit", "dashboard")}


@pytest.mark.parametrize("name", DASHBOARD)
def test_the_dashboard_imports_no_torch(name: str) -> None:
    for module in read_imports(name, on_load=name == RUNS_A_MODEL):
        torch = {loaded for loaded in loaded_by(module) if loaded in TORCH}
        assert not torch, f"{name} imports {module}, which loads {sorted(torch)}"


def test_this_test_can_see_torch() -> None:
    assert "torch" in loaded_by("camcore.training.loading")
    assert "torch" in loaded_by("camcore.workflows.explain")
    assert "camcore.heatmaps.one_image" in read_imports(RUNS_A_MODEL) - read_imports(RUNS_A_MODEL, on_load=True)
    assert "torch" not in loaded_by("camcore.cli.main"), "the command line loads it when a command runs"
    assert "camcore.workflows.explain" in read_imports("camcore.cli.main")
    assert "camcore.workflows.train" in read_imports("camcore.cli.train")


@pytest.mark.parametrize("name", [*CAMCORE, *DASHBOARD])
def test_no_file_is_too_long_to_read(name: str) -> None:
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("name", [*CAMCORE, *DASHBOARD])
def test_no_file_is_a_drawer(name: str) -> None:
    assert name.split(".")[-1] not in ("utils", "helpers", "misc", "common")
