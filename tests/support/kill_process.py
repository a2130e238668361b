"""Runs camcore in forked processes that can be killed at any moment.

Run as a script, it reads jobs from standard input, one JSON object per line, and answers each with one line.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.link")
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Outcome:
    """How a job ended: exit status (`KILLED` if killed), number of file changes, and output."""

    status: int
    changes: int
    output: str


class Killer:
    """Runs commands in one folder, each in its own process."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process, self.folder = process, folder

    def move_to(self, folder: Path) -> "Killer":
        """Return a copy for commands that change files in another folder."""
        return Killer(self.process, folder)

    def run(
        self,
        *arguments: object,
        at: int | None = None,
        after: float | None = None,
        limit: int | None = None,
        source: str | None = None,
    ) -> Outcome:
        """Run a command until it ends or is killed.

        Args:
            arguments: Arguments of `camcore`.
            at: Kill it before this change of a file in the folder, counted from 1.
            after: Kill it after this many seconds.
            limit: Largest size of a file in bytes; larger writes fail as on a full disk.
            source: Python code to run instead of the command.
        """
        return self.wait(self.start(*arguments, at=at, after=after, limit=limit, source=source))

    def start(self, *arguments: object, **settings: Any) -> int:
        """Begin what `run` does and return the process's id."""
        return int(
            self._ask({"arguments": [str(argument) for argument in arguments], "folder": str(self.folder), **settings})
        )

    def wait(self, process: int) -> Outcome:
        """Wait for a process that was started."""
        return Outcome(**json.loads(self._ask({"wait": process})))

    def _ask(self, job: dict[str, Any]) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@contextmanager
def start_killer(folder: Path) -> Iterator[Killer]:
    """Yield a runner of commands that change files in a folder."""
    with subprocess.Popen(
        [sys.executable, __file__],
        cwd=REPOSITORY,
        env=os.environ | ONE_THREAD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Killer(process, folder)
        assert process.stdin
        process.stdin.close()


def _serve() -> None:
    sys.path.insert(0, str(REPOSITORY))
    import torch

    import camcore.cli.main
    import camcore.presentation.report.report
    import camcore.workflows.explain
    import camcore.workflows.import_model
    import camcore.workflows.train
    import camcore.workflows.verdict  # noqa: F401

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            job = json.loads(line)
            if process := job.get("wait"):
                print(json.dumps(_collect(process, Path(folder, str(process)))), flush=True)
                continue
            process = os.fork()
            if not process:
                _work(job, Path(folder, str(os.getpid())))
            if (seconds := job.get("after")) is not None:
                threading.Timer(seconds, _kill, [process]).start()
            print(process, flush=True)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _collect(process: int, name: Path) -> dict[str, Any]:
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    count = name.with_suffix(".count")
    output, changes = (path.read_text() if path.exists() else "" for path in (name, count))  # it may be killed before
    for path in (name, count):
        path.unlink(missing_ok=True)
    return {"status": status, "changes": int(changes or -1), "output": output}


def _work(job: dict[str, Any], name: Path) -> None:
    """Run a job in its own process, then end the process."""
    output = os.open(name, os.O_WRONLY | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    changes = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal changes
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            path = arguments[0]
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(job["folder"]):
                changes += 1
                if changes == job.get("at"):
                    os.kill(os.getpid(), signal.SIGKILL)

    os.environ["CAMCORE_CACHE"] = str(Path(job["folder"], "cache"))
    if (limit := job.get("limit")) is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    sys.addaudithook(count)
    status = 70  # a defect: its traceback is the output
    try:
        if source := job.get("source"):
            exec(source, {"__name__": "job"})  # noqa: S102 - a test's own
        else:
            from camcore.cli.main import main

            main(job["arguments"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        name.with_suffix(".count").write_text(str(changes))
        os._exit(status)


if __name__ == "__main__":
    _serve()
