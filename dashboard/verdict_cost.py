"""What the methods cost, which networks they allow, and what CAM's architecture costs in accuracy."""

from html import escape
from typing import Any

import streamlit as st

from camcore.wording import points, probability
from dashboard import layout
from dashboard.language import text
from dashboard.verdict_data import Verdict
from dashboard.wording import name_of

NUMBERS = ("milliseconds", "times")
WORDS = ("needs", "heads", "layers")


def show_cost(verdict: Verdict, method: str) -> None:
    """Show a row per method: its time beside the bare forward pass, and what it asks of a network."""
    cost = verdict.document["cost"]
    layout.show_section(
        text("verdict.cost.title"), text("verdict.cost.lead", forward=float(cost["forward_milliseconds"]))
    )
    head = f"<th>{escape(text('verdict.cost.method'))}</th>"
    head += "".join(f'<th class="cc-number">{escape(text(f"verdict.cost.{name}"))}</th>' for name in NUMBERS)
    head += "".join(f"<th>{escape(text(f'verdict.cost.{name}'))}</th>" for name in WORDS)
    freedom = verdict.document["freedom"]
    shown = [*verdict.document["not_applicable"], *verdict.sources]
    rows = "".join(
        _row(source, cost["methods"].get(source), freedom.get(source.partition("@")[0], {}), source == method)
        for source in shown
    )
    st.html(f'<div class="cc-scroll"><table class="cc-table cc-costs"><tr>{head}</tr>{rows}</table></div>')


def show_price(verdict: Verdict) -> None:
    """Show the accuracy of this run beside that of the run it was compared with, where there is one."""
    price = verdict.document.get("price")
    if not price:
        return
    against = {"against": price["against"]}
    layout.show_section(text("verdict.price.title"), text("verdict.price.lead", n=price["n"], **against))
    interval = {"low": points(price["low"]), "high": points(price["high"]), "p": probability(price["p_value"])}
    layout.show_facts(
        [
            (text("verdict.price.here"), f"{price['accuracy']:.1%}", ""),
            (text("verdict.price.against", **against), f"{price['accuracy_against']:.1%}", ""),
            (
                text("verdict.price.difference"),
                points(price["difference"]),
                text("verdict.price.interval", **interval),
            ),
        ]
    )


def _row(source: str, cost: dict[str, Any] | None, freedom: dict[str, Any], chosen: bool) -> str:
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
    return f"<tr{css}><td>{escape(name_of(source))}</td>{cells}</tr>"
