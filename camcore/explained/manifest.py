"""Which generation of a run is in force, and what its `manifest.json` says, checked for what its readers rely on."""

from pathlib import Path
from types import UnionType
from typing import Any

from camcore.errors import CamcoreError, RunError, shell_command
from camcore.heatmaps.sources import parse_source
from camcore.runs.run import FORMAT_VERSION, Run
from camcore.system.checksums import find_run, verify
from camcore.system.files import read_json

TYPES: dict[str, type | UnionType] = {
    "sources": list,
    "images": int,
    "cam_check": dict,
    "layers": list,
    "accuracy": float | None,
}


def is_explained(run: Run) -> bool:
    """Whether there is anything of a generation, whole or damaged."""
    return any((run.path / "explained").glob("[!.]*"))


def find_current(run: Run) -> str:
    """Return the name of the generation in force.

    Raises:
        RunError: There is none, or it can't be read which one it is.
    """
    try:
        name = read_current(run.path / "explained")
    except FileNotFoundError as error:
        if is_explained(run):
            raise damaged_current(run, "it is missing") from error
        raise RunError(f"{run.path} has no heatmaps yet. Make them: {shell_command('explain', run.path)}") from error
    except OSError as error:
        raise damaged_current(run, error.strerror or str(error)) from error
    if not name or name in (".", "..") or Path(name).name != name:
        raise damaged_current(run, f"it says {name!r}")
    return name


def read_current(folder: Path) -> str:
    """Return what a run's folder of generations says is in force.

    Raises:
        OSError: It can't be read, or there is none.
    """
    try:
        return (folder / "current").read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        there = [manifest.parent.name for manifest in folder.glob("[!.]*/manifest.json")]
        if len(there) == 1:  # its maker was stopped before it said so; where there were others, it had
            return there[0]
        raise


def damaged_current(run: Run, reason: str) -> RunError:
    """Return the error for a name in force that is of no use."""
    path = run.path / "explained" / "current"
    return RunError(
        f"{path} is damaged ({reason}). Make the heatmaps anew: {shell_command('explain', run.path, '--force')}"
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what a manifest says.

    Raises:
        RunError: It is missing, damaged, or of another format version.
    """
    way_out = f"Make it anew: {shell_command('explain', find_run(path.parent), '--force')}"
    verify(path, way_out)
    manifest = read_json(path, way_out)
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise RunError(
            f"{path} has format version {version!r}; this camcore reads {FORMAT_VERSION}. Update camcore, or make the"
            f" heatmaps anew: {shell_command('explain', find_run(path.parent), '--force')}"
        )
    damage = _find_damage(manifest)
    if damage:
        raise RunError(f"{path} is damaged ({damage}). {way_out}")
    return manifest


def _find_damage(manifest: dict[str, Any]) -> str:
    """Return what a manifest lacks that readers rely on, empty where nothing."""
    wrong = [name for name, kind in TYPES.items() if not isinstance(manifest.get(name, ...), kind)]
    if wrong:
        return f"no usable {wrong[0]!r}"
    if "holds" not in manifest["cam_check"]:
        return "no usable 'cam_check'"
    try:
        for source in manifest["sources"]:
            parse_source(source)
    except (CamcoreError, AttributeError) as error:
        return str(error)
    return ""
