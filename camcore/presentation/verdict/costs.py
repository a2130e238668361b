"""What the methods cost, and which networks they allow.

`text` is as in `wording`.
"""

from html import escape
from typing import Any

from camcore.presentation.texts import Text
from camcore.presentation.wording import name_of
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
