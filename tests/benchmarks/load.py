"""Measures 25 simulated users at once: `python tests/benchmarks/load.py`: seconds by kind, errors, memory.

They speak the protocol of browsers without drawing, in another process; `tests/support/simulated_users.py` defines what
they do. They wait 4 s on average between interactions (exponential, 0.5 to 20 s), leave after 4 to 16 interactions, and
return 1 to 8 s later as a new session. An interaction ends when the script ends. Memory is the server's own (RssAnon),
without mapped files: after one user saw everything, the maximum, and after all sessions have expired. Other work on the
machine slows the interactions; the server's computing time per interaction is independent of it.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))

from camcore.config import DatasetConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig  # noqa: E402
from camcore.workflows.machine import Machine  # noqa: E402
from camcore.workflows.train import train_run  # noqa: E402
from dashboard.server.memory import BETWEEN  # noqa: E402
from tests.benchmarks.memory import make_images  # noqa: E402
from tests.support.dashboard_server import APP, serve  # noqa: E402 needs the path above
from tests.support.server_process import find_process, read_cpu_seconds, read_memory  # noqa: E402
from tests.support.simulated_users import describe, make_photographs, quantile, visit_all  # noqa: E402
from tests.support.streamlit_client import Visitor  # noqa: E402
from tests.support.synthetic_run import make_run  # noqa: E402
from tests.support.synthetic_verdict import write_verdict  # noqa: E402

LARGE, SMALL = 8580, 40  # images of the explained runs
AIMS = {"p95 of pages": 1.5, "MiB per session": 25.0}


def make_folder(folder: Path, more: int) -> tuple[list[str], str]:
    """Write two explained runs with verdicts, other runs, and a network; return the names to visit."""
    for name, images in (("many", LARGE), ("few", 400)):
        write_verdict(make_run(folder, name, images=images))
    for number in range(more):
        make_run(folder, f"other{number:02}", images=SMALL, seed=number, explained=number % 3 > 0)
    with tempfile.TemporaryDirectory() as root:
        make_images(Path(root), 8)
        config = RunConfig(
            DatasetConfig("image-folder"), ViewConfig(), ModelConfig("resnet18"), TrainConfig(epochs=1, batch_size=8)
        )
        train_run(folder / "network", config, Machine(Path(root) / "set", workers=0))
    return ["many", "many", "few"], "network"


async def show_everything(url: str, runs: list[str], network: str) -> None:
    """Visit every page once, and have a picture explained."""
    visitor = Visitor(url)
    await visitor.arrive("", f"run={runs[0]}")
    for run in dict.fromkeys(runs):
        await visitor.go("")
        await visitor.change("url_run", string_value=run)
        for page in ("gallery", "disagreement", "verdict", "training_curves", "own_image"):
            await visitor.go(page)
    runs_shown = visitor.find("url_run").options
    await visitor.change("url_run", string_value=next(name for name in runs_shown if name.split(" ")[0] == network))
    await visitor.upload("own_image_files", [next(make_photographs())])
    await visitor.leave()
    assert not visitor.errors, visitor.errors


async def watch(process: Path, readings: list[float]) -> None:
    while True:
        readings.append(read_memory(process, "RssAnon"))
        await asyncio.sleep(0.5)


async def measure(url: str, options: argparse.Namespace, runs: list[str], network: str) -> None:
    """Simulate the users and print interactions and memory: before, maximum, after each round."""
    process = find_process(url)
    await show_everything(url, runs, network)
    before = read_memory(process, "RssAnon")
    for number in range(options.rounds):
        seen, started = [0.0], read_cpu_seconds(process)
        watcher = asyncio.create_task(watch(process, seen))
        log = await visit_all(url, options.people, options.seconds, options.seed + number, runs, network)
        watcher.cancel()
        computed = read_cpu_seconds(process) - started
        await asyncio.sleep(options.keep_seconds + 5)
        for _ in range(
            BETWEEN
        ):  # Streamlit drops sessions if somebody connects or leaves; the dashboard collects them at intervals
            await show_everything(url, runs, network)
        after = read_memory(process, "RssAnon")
        print(describe(log))
        each = (max(seen) - before) / options.people
        print(
            f"server: {before:.0f} MiB before, {max(seen):.0f} at most, {after:.0f} after; {each:.1f} a person at once"
        )
        each = 1000 * computed / sum(map(len, log.seconds.values()))
        print(f"server: {each:.0f} ms computed per interaction, {computed / options.seconds:.2f} cores busy")
        print(f"p95 of pages {quantile(log.of_pages(), 0.95):.2f} s; aims: {AIMS}, no errors", flush=True)
        before = after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=20, help="How many other runs lie in the folder.")
    parser.add_argument("--rounds", type=int, default=1, help="How often all come; from the second on, memory is flat.")
    parser.add_argument("--keep-seconds", type=int, default=120, help="How long sessions are kept that have gone.")
    options = parser.parse_args()
    print(
        f"{options.people} people for {options.seconds:.0f} s, seed {options.seed}; {options.runs + 3} runs;"
        f" {os.cpu_count()} cores, {platform.machine()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        runs, network = make_folder(Path(folder), options.runs)
        with serve(APP, Path(folder), (f"--server.disconnectedSessionTTL={options.keep_seconds}",)) as url:
            asyncio.run(measure(url, options, runs, network))


if __name__ == "__main__":
    main()
