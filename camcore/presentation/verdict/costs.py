"""What the methods cost, and which networks they allow.

`text` is as in `wording`.
"""

from html import escape
from typing import Any

from camcore.presentation.texts import Text
from camcore.presentation.verdict.forest import Scale, draw_row
from camcore.presentation.wording import name_of, percent, points, probability
from camcore.verdict.document import Verdict

NUMBERS = ("milliseconds", "times")
WORDS = ("needs", "heads", "layers")


def draw_cost(text: Text, verdict: Verdict, method: str) -> str:
    """Return HTML of a row per method: its time beside the bare forward pass, and what it asks of a network."""
    cost = verdict.document["cost"]
    head = f"<th>{escape(text('verdict.cost.method'))}</th>"
    head += "".join(f'<th class="cc-number">{escape(text(f"verdict.cost.{name}"))}</th>' for name in NUMBERS)
    head += "".join(f"<th>{escape(text(f'verdict.cost.{name}'))}</th>" for name in WORDS)
    freedom = verdict.document["freedom"]
    shown = [*verdict.document["not_applicable"], *verdict.sources]
    rows = "".join(
        _row(text, source, cost["methods"].get(source), freedom.get(source.partition("@")[0], {}), source == method)
        for source in shown
    )
    return f'<div class="cc-scroll" tabindex="0"><table class="cc-table cc-costs"><tr>{head}</tr>{rows}</table></div>'


def _row(text: Text, source: str, cost: dict[str, Any] | None, freedom: dict[str, Any], chosen: bool) -> str:
    numbers = ("–", "–") if cost is None else (f"{cost['milliseconds']:.1f}", f"{cost['times_forward']:.2f}")
    needs, layers = freedom.get("needs"), freedom.get("layers")
    words = (
        text(f"verdict.cost.needs.{needs}") if needs else "–",
        ", ".join(freedom.get("heads", [])) or "–",
        text(f"verdict.cost.layers.{layers}") if layers else "–",
    )
    cells = "".join(f'<td class="cc-number">{escape(number)}</td>' for number in numbers)
    cells += "".join(f"<td>{escape(word)}</td>" for word in words)
    css = ' class="cc-chosen"' if chosen else ""
    return f"<tr{css}><td>{escape(name_of(text, source))}</td>{cells}</tr>"


MARGIN = 0.01  # one point on either side, so that nothing is blown up to look like much
Pair = tuple[float | None, float | None]


def write_price_lead(text: Text, verdict: Verdict) -> str:
    """Return the line that says what is compared; empty where no price was measured."""
    price = verdict.document.get("price")
    if not price:
        return ""
    if "seeds" not in price:
        return text("verdict.price.lead", n=price["n"], against=price["against"])
    return text("verdict.price.seeds.lead", n=price["n"], **_name_groups(price))


def list_price(text: Text, verdict: Verdict) -> list[tuple[str, str, str]]:
    """Return both accuracies and their difference, as `markup.facts`; empty where no price was measured."""
    price = verdict.document.get("price")
    if not price:
        return []
    seeds = price.get("seeds")
    interval = {"low": points(price["low"]), "high": points(price["high"]), "p": probability(price["p_value"])}
    if seeds:
        labels = [text("verdict.price.seeds.accuracy", group=group) for group in (seeds["group"], price["against"])]
        notes = [_write_deviation(text, seeds, side) for side in ("", "_against")]
        note = text("verdict.price.seeds.interval", **interval)
    else:
        labels = [text("verdict.price.here"), text("verdict.price.against", against=price["against"])]
        notes, note = ["", ""], text("verdict.price.interval", **interval)
    accuracies = (price["accuracy"], price["accuracy_against"])
    found = [(label, f"{value:.1%}", said) for label, value, said in zip(labels, accuracies, notes, strict=True)]
    return [*found, (text("verdict.price.difference"), points(price["difference"]), note)]


def pair_seeds(price: dict[str, Any]) -> dict[int, Pair]:
    """Return per seed the accuracy of either group, None where it has no such run."""
    ours, theirs = (
        {member["seed"]: float(member["accuracy"]) for member in price["seeds"][name]}
        for name in ("members", "members_against")
    )
    return {seed: (ours.get(seed), theirs.get(seed)) for seed in sorted({*ours, *theirs})}


def draw_seeds(text: Text, verdict: Verdict) -> str:
    """Return HTML of a row per seed with the accuracy of either group, and how to read it; empty without groups."""
    price = verdict.document.get("price") or {}
    if "seeds" not in price:
        return ""
    seeds, pairs = price["seeds"], pair_seeds(price)
    values = [value for pair in pairs.values() for value in pair if value is not None]
    scale = Scale(min(values) - MARGIN, max(values) + MARGIN)
    rows = [_draw_pair(text, text("verdict.price.seeds.row", seed=seed), pair, scale) for seed, pair in pairs.items()]
    means = (price["accuracy"], price["accuracy_against"])
    rows.append(_draw_pair(text, text("verdict.price.seeds.mean"), means, scale, "cc-chosen"))
    names = {"group": seeds["group"], "against": price["against"]}
    said = [text("verdict.price.seeds.reading", **names, standard_errors=seeds["standard_errors"])]
    if seeds["differs"]:
        said.append(text("verdict.price.seeds.differs", difference=seeds["differs"]))
    if seeds["unfinished"]:
        said.append(text("verdict.price.seeds.unfinished", runs=", ".join(seeds["unfinished"])))
    return f'<div class="cc-forest cc-dots cc-seeds">{"".join(rows)}</div><p>{escape(" ".join(said))}</p>'


def _draw_pair(text: Text, name: str, pair: Pair, scale: Scale, css: str = "") -> str:
    marks = zip(("cc-right", ""), pair, strict=True)
    dots = "".join(
        f'<b class="{mark}" style="left:{scale.place(value)}%"></b>' for mark, value in marks if value is not None
    )
    numbers = text("verdict.price.seeds.numbers", here=percent(pair[0]), against=percent(pair[1]))
    return draw_row(css, escape(name), dots, f"<span>{escape(numbers)}</span>")


def _write_deviation(text: Text, seeds: dict[str, Any], side: str) -> str:
    deviation, count = percent(seeds[f"deviation{side}"]), len(seeds[f"members{side}"])
    return text("verdict.price.seeds.deviation", deviation=deviation, count=count)


def _name_groups(price: dict[str, Any]) -> dict[str, Any]:
    seeds = price["seeds"]
    counts = {"count": len(seeds["members"]), "count_against": len(seeds["members_against"])}
    return {"group": seeds["group"], "against": price["against"], **counts}
