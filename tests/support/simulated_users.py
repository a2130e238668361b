"""Simulates many users at once: open pages, filter, turn pages, upload pictures, leave, return."""

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from PIL import Image
from streamlit.proto.Common_pb2 import DoubleArray, StringArray
from websockets.exceptions import WebSocketException

from tests.support.streamlit_client import File, Visitor
from tests.support.uploaded_files import draw_photograph, encode

THINKING = (4.0, 0.5, 20.0)  # s between two interactions: exponential with this mean, within these bounds
VISIT = (4, 16)  # interactions per visit
AWAY = (1.0, 8.0)  # s until the same user returns, as a new session

ARRIVALS = {"": 5, "gallery": 3, "disagreement": 1, "verdict": 1}  # weights of the first page
PAGES = {"": 2, "gallery": 5, "disagreement": 3, "verdict": 3, "training_curves": 2, "own_image": 2}
OPENS_A_PAGE = 0.3  # share of interactions; the others use the page's controls, weighted below
OFFERED: dict[str, dict[str, tuple[int, tuple[str, ...]]]] = {
    "": {"another run": (1, ("url_run",))},
    "gallery": {
        "next page": (5, ("url_page",)),
        "filter": (5, ("url_result", "url_class", "url_confidence", "url_status_a")),
        "order": (2, ("url_sort",)),
        "source": (1, ("url_b",)),
        "another run": (1, ("url_run",)),
    },
    "disagreement": {
        "measure": (4, ("url_measure", "url_convention")),
        "next page": (3, ("url_page",)),
        "source": (1, ("url_b",)),
        "another run": (1, ("url_run",)),
    },
    "verdict": {"measure": (4, ("url_verdict_measure", "url_method"))},
    "training_curves": {"smoothing": (3, ("url_smoothing",)), "another run": (1, ("url_run",))},
    "own_image": {"own image": (4, ("own_image_files",)), "class": (2, ("url_explains",)), "source": (1, ("url_b",))},
}
OF_THE_NETWORK = ("own image", "class", "source on own image")  # interactions that wait for forward passes


@dataclass
class Log:
    """Seconds by kind of interaction, errors, and number of sessions."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    sessions: int = 0
    megabytes: float = 0.0

    def of_pages(self) -> list[float]:
        """Return the seconds of every interaction that runs no network."""
        return [seconds for kind, some in self.seconds.items() if kind not in OF_THE_NETWORK for seconds in some]


async def visit_all(
    url: str, people: int, seconds: float, seed: int, runs: Sequence[str], network: str, thinking: float = 1.0
) -> Log:
    """Let users browse for some seconds; then all leave.

    Args:
        url: The dashboard's address.
        people: Number of users at once; they arrive within the first tenth of the time.
        seconds: How long new interactions may begin.
        seed: Seed of all choices.
        runs: The explained runs that links lead to.
        network: The run whose network explains uploaded pictures.
        thinking: Factor for the time between two interactions.
    """
    log, photographs = Log(), make_photographs()
    end = time.perf_counter() + seconds

    async def live(number: int) -> None:
        choice = random.Random(f"{seed} {number}")  # noqa: S311 nothing is kept secret
        await asyncio.sleep(seconds / 10 * number / people)
        for visit in itertools.count():
            if time.perf_counter() > end:
                return
            visitor = Visitor(url, choice.choice(("en-US", "ko-KR")), knows_scripts=visit > 0)
            await _visit(visitor, choice, log, end, runs, network, photographs, thinking)
            await asyncio.sleep(choice.uniform(*AWAY) * thinking)

    await asyncio.gather(*(live(number) for number in range(people)))
    return log


def make_photographs(width: int = 2000, height: int = 1500) -> Iterator[File]:
    """Return an endless cycle of JPEG files of some megapixels, as from a phone."""
    files = []
    for seed in range(4):
        large = draw_photograph(seed, (200, 150)).resize((width, height), Image.Resampling.BICUBIC)
        files.append((f"{seed}.jpg", encode(large, "JPEG"), "image/jpeg"))
    return itertools.cycle(files)


async def _visit(
    visitor: Visitor,
    choice: random.Random,
    log: Log,
    end: float,
    runs: Sequence[str],
    network: str,
    photographs: Iterator[File],
    thinking: float,
) -> None:
    """Arrive, do some interactions, and leave."""
    log.sessions += 1
    mean, least, most = THINKING
    try:
        await _time(log, "arrive", visitor.arrive(_draw(choice, ARRIVALS), f"run={choice.choice(list(runs))}"))
        for _ in range(choice.randint(*VISIT)):
            await asyncio.sleep(thinking * min(max(choice.expovariate(1 / mean), least), most))
            if time.perf_counter() > end:
                break
            kind, act = _choose(visitor, choice, network, photographs)
            await _time(log, kind, act())
        await visitor.leave()
    except (OSError, TimeoutError, AssertionError, WebSocketException) as error:
        visitor.errors.append(f"{type(error).__name__}: {error}")
        await visitor.leave()
    log.errors += visitor.errors
    log.megabytes += visitor.bytes_received / 1e6


async def _time(log: Log, kind: str, act: Awaitable[None]) -> None:
    started = time.perf_counter()
    await act
    log.seconds[kind].append(time.perf_counter() - started)


def _choose(
    visitor: Visitor, choice: random.Random, network: str, photographs: Iterator[File]
) -> tuple[str, Callable[[], Awaitable[None]]]:
    """Return the next interaction's name and action."""
    offered = OFFERED[visitor.page]
    there = {
        kind: (weight, [key for key in keys if visitor.find(key) is not None])
        for kind, (weight, keys) in offered.items()
    }
    there = {kind: entry for kind, entry in there.items() if entry[1]}
    if not there or choice.random() < OPENS_A_PAGE:
        page = _draw(choice, {name: weight for name, weight in PAGES.items() if name != visitor.page})
        if page == "own_image":
            return "open own_image", partial(_open_own_image, visitor, network)
        return f"open {page or 'overview'}", partial(visitor.go, page)
    kind = _draw(choice, {kind: weight for kind, (weight, _) in there.items()})
    key = choice.choice(there[kind][1])
    if key == "own_image_files":
        files = [next(photographs) for _ in range(choice.choice((1, 1, 1, 2, 4)))]
        return kind, partial(visitor.upload, key, files)
    value = choose_value(visitor, key, choice)
    name = "source on own image" if (kind, visitor.page) == ("source", "own_image") else kind
    return name, partial(visitor.change, key, **value)


async def _open_own_image(visitor: Visitor, network: str) -> None:
    """Open the page and choose the run with the network."""
    await visitor.go("own_image")
    field, state = visitor.find("url_run"), visitor.state("url_run")
    now = state.string_value if state is not None else field.options[field.default]
    if now.split(" ")[0] != network:
        await visitor.change(
            "url_run", string_value=next(name for name in field.options if name.split(" ")[0] == network)
        )


def choose_value(visitor: Visitor, key: str, choice: random.Random) -> dict[str, Any]:
    """Return a new value for a widget, as a field of `WidgetState`."""
    widget, state = visitor.find(key), visitor.state(key)
    name = type(widget).__name__
    if name == "Pagination":
        page = state.int_value if state is not None else widget.default
        return {"int_value": page % widget.num_pages + 1}
    if name == "Slider" and not widget.options:
        low = choice.choice((0, 0, 30, 60))
        return {"double_array_value": DoubleArray(data=[low, choice.choice((100, 100, 80))])}
    options = [getattr(option, "content", option) for option in widget.options]
    if name == "Selectbox":
        now = state.string_value if state is not None else options[widget.default]
        return {"string_value": choice.choice([option for option in options if option != now] or options)}
    return {"string_array_value": StringArray(data=[choice.choice(options)])}


def _draw(choice: random.Random, weights: dict[str, int]) -> str:
    return choice.choices(list(weights), list(weights.values()))[0]


def quantile(seconds: Sequence[float], share: float) -> float:
    """Return the time within which this share of interactions ended; NaN without any."""
    return float(np.quantile(seconds, share)) if seconds else float("nan")


def describe(log: Log) -> str:
    """Return a table of the log."""
    lines = [f"{'kind':22}{'count':>7}{'p50':>8}{'p95':>8}{'max':>8}  s"]
    rows = {**dict(sorted(log.seconds.items())), "all but the network's": log.of_pages()}
    for kind, seconds in rows.items():
        figures = "".join(
            f"{value:8.2f}" for value in (quantile(seconds, 0.5), quantile(seconds, 0.95), max(seconds, default=0))
        )
        lines.append(f"{kind:22}{len(seconds):7}{figures}")
    lines.append(f"{log.sessions} sessions, {log.megabytes:.0f} MB received, {len(log.errors)} errors")
    return "\n".join([*lines, *sorted(set(log.errors))[:20]])
