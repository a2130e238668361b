"""Every file of a run damaged in every way: commands name it or work without it."""

import json
import random
import re
import shutil
import sys
from pathlib import Path

import pytest

from camcore.runs.run import Run
from camcore.system.checksums import RUN_FILES, write_sums
from tests.support.command_line import ON_CPU, run_camcore
from tests.support.damaged_files import DAMAGES, FILES, copy_complete, damage, find

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what can't be read is made of /proc")

COMMANDS = {
    "runs": ("runs", "--runs", "{folder}"),
    "check": ("check", "{run}"),
    "layers": ("layers", "{run}"),
    "explain": ("explain", "{run}", *ON_CPU),
    "report": ("report", "{run}", "--out", "{folder}/report.html"),
    "verdict": ("verdict", "{run}", "--methods", "cam,grad_cam", "--images", "2", "--workers", "0"),
}
QUICK = [(file, how, command) for file in FILES for how in DAMAGES for command in COMMANDS if command != "verdict"]
VERDICTS = [(file, how, "verdict") for file in FILES for how in DAMAGES]
SAMPLE = random.Random(0).sample(QUICK, 50) + random.Random(0).sample(VERDICTS, 4)  # noqa: S311 no secret
REMEDIES = re.compile(r"(camcore \w+|Restore it|--root|Update camcore|Could not write|Name (the right|a) )")
LISTS, JUDGED = ("SHA256SUMS", "explained/*/SHA256SUMS"), ("verdict", "measures")


@pytest.fixture(scope="module")
def whole(trained_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_complete(trained_run, tmp_path_factory.mktemp("whole") / "own", seed=1)


@pytest.fixture(scope="module")
def another(trained_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_complete(trained_run, tmp_path_factory.mktemp("another") / "own", seed=2)


@pytest.fixture(scope="module")
def expected(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each command's output and files for the intact run."""
    outputs = {}
    for command in COMMANDS:
        run = Path(shutil.copytree(whole, tmp_path_factory.mktemp(command) / "own"))
        code, output, errors = ask(run, command)
        assert (code, errors) == (0, "")
        outputs[command] = output
    return outputs


def ask(run: Path, command: str) -> tuple[int, str, str]:
    """Return a command's exit code, output (with its report) and errors."""
    arguments = [part.format(run=run, folder=run.parent) for part in COMMANDS[command]]
    result = run_camcore(*arguments)
    report = run.parent / "report.html"
    page = report.read_text(encoding="utf-8") if report.exists() else ""
    output = "\n".join(line for line in (result.stdout + page).splitlines() if not line.startswith("Written in "))
    return result.exit_code, output.replace(str(run), "RUN").replace(str(run.parent), "HERE"), result.stderr


def is_right(command: str, file: str, output: str, expected: str) -> bool:
    """Whether a command without an error gave the correct result."""
    needed = file.startswith("explained/") and not any(name in file for name in JUDGED)
    return output == expected and not (command == "explain" and needed)


def try_one(file: str, how: str, command: str, whole: Path, another: Path, expected: str, folder: Path) -> None:
    run = Path(shutil.copytree(whole, folder / "own"))
    path = find(run, file)
    name, before = path.name, path.read_bytes()
    damage(path, how, find(another, file))
    code, output, errors = ask(run, command)
    case = f"{command} with {file}, {how}: {code} {output[:300]} {errors}"
    if code == 0 and is_right(command, file, output, expected):
        return
    if file in LISTS and how == "removed":  # as earlier versions wrote it
        assert code == 0 and (output == expected or command == "check"), case
    elif command == "runs":
        assert code == 0 and re.search(
            rf"^unusable: .*({re.escape(name)}|SHA256SUMS).*{REMEDIES.pattern}", output, re.M
        ), case
    elif (file == "explained/current" and how == "removed") or find_bytes(run, file) == before:
        assert code == 0, case
    else:
        assert code == 1, case
        lines = (output if command == "check" else errors).splitlines()
        assert command == "check" or (len(lines) == 1 and lines[0].startswith("Error: ")), case
        # A flipped bit in a list is told of the file whose line it is.
        named = ["SHA256SUMS", "is missing"] if file in LISTS else [name]
        assert file == "local.json" or any(word in line for line in lines for word in named), case
        assert all(REMEDIES.search(line) for line in lines), case


def find_bytes(run: Path, file: str) -> bytes:
    path = next(run.glob(file), None)
    return path.read_bytes() if path is not None and path.is_file() and not path.is_symlink() else b""


def test_every_file_of_a_run_is_tried(whole: Path) -> None:
    there = {path for path in whole.rglob("*") if path.is_file()}
    assert {find(whole, file) for file in FILES} == there


def test_two_runs_have_little_in_common(whole: Path, another: Path) -> None:
    same = {file for file in FILES if find(whole, file).read_bytes() == find(another, file).read_bytes()}
    of_images = {"explained/*/thumbnails.npy", "explained/*/thumbnails.bin", "explained/*/targets.npy"}
    assert same <= {"local.json", "images.parquet"} | of_images


@pytest.mark.parametrize(("file", "how", "command"), SAMPLE)
def test_damage_is_reported_or_harmless(
    file: str, how: str, command: str, whole: Path, another: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    try_one(file, how, command, whole, another, expected[command], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("file", FILES)
def test_all_damage_is_reported_or_harmless(
    file: str, command: str, whole: Path, another: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    for how in DAMAGES:
        try_one(file, how, command, whole, another, expected[command], tmp_path / how)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "verdict"])
@pytest.mark.parametrize("file", ["run.json", "explained/*/manifest.json", "explained/*/verdict.json"])
def test_what_a_newer_camcore_wrote_is_called_that(
    file: str, command: str, whole: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "own"))
    path = find(run, file)
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | {"format_version": 2}), encoding="utf-8")
    for folder, names in ((run, RUN_FILES), (path.parent, [entry.name for entry in path.parent.iterdir()])):
        write_sums(folder, names)
    code, output, errors = ask(run, command)
    if code == 0 and is_right(command, file, output, expected[command]):
        return
    assert f"{path.name} has format version 2; this camcore reads 1. Update camcore" in output + errors
    assert code == (command != "runs")
