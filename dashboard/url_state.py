"""Keeps widget values in the URL, so that a link shows its receiver what the sender saw.

Streamlit's own `bind="query-params"` writes the labels of one language into the URL; these change. Here the URL holds
ids. An invalid value falls back to the default, and is kept as missing, so that the page can say so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from camcore.system.names import nfc

T = TypeVar("T")

MOST_DIGITS = 12  # of a number in the URL; Python raises for thousands of digits

# Session state:
_WRITTEN = "url_written"  # name -> text of the session's last value
_VALUES = "url_values"  # name -> the value itself
_SHOWN = "url_shown"  # name -> text last written to the URL, None if left out
_SEEN = "url_seen"  # name -> last text in the URL of a value that the browser keeps
_OWN = "url_own"  # name -> text for the URL of each page that uses it; None for a default
_NAMES = "url_names"  # page -> the names it used last time
_USED = "url_used"  # the names this run of the script uses; None after a switch to another page
_PAGE = "url_page_shown"  # the page of the last run of the script
_MOVED = "url_page_changed"  # whether this run shows another page: then the URL may have lost its parameters
_MISSING = "url_missing"  # name -> text of the link that the page can't show
_ACTED = "url_acted"  # whether this run follows a change of a widget: then the URL may be older


def begin(page: str) -> None:
    """Note which page this run of the script shows. Call it before `keep_in_url`."""
    before = st.session_state.get(_PAGE)
    st.session_state[_MOVED] = before != page
    st.session_state[_PAGE] = page
    known = st.session_state.get(_VALUES, {})
    st.session_state[_ACTED] = any(st.session_state.get(f"url_{name}", value) != value for name, value in known.items())
    if before not in (None, page) or st.session_state[_ACTED]:
        missing().clear()


def keep_in_url(
    name: str, default: T, read: Callable[[str], T | None], write: Callable[[T], str] = str, always: bool = False
) -> str:
    """Set the session's value from the URL, widget or default; return the widget's key.

    Args:
        name: The name in the URL.
        default: The value if nothing is set; the URL leaves it out, unless `always`.
        read: Parses a text of the URL; None if it is invalid.
        write: Returns the text of a value.
    """
    key = f"url_{name}"
    written: dict[str, str] = st.session_state.setdefault(_WRITTEN, {})
    st.session_state.setdefault(_USED, set()).add(name)
    linked = _changed_from_outside(name)
    if linked:
        text = st.query_params.get(name, "")
        missing().pop(name, None)
    elif key in st.session_state:
        text = write(st.session_state[key])
    else:
        text = written.get(name, "")
    value = read(text)
    if value is None:
        value = default
        if linked and text:
            missing()[name] = text
    st.session_state[key] = value
    written[name] = write(value)
    st.session_state.setdefault(_VALUES, {})[name] = value
    own = None if value == default and not always else written[name]
    st.session_state.setdefault(_OWN, {})[name] = own
    _show_in_url(name, own)
    return key


def reset(names: Sequence[str]) -> None:
    """Forget values, as a callback: the next run of the script shows the defaults."""
    for name in names:
        st.session_state.pop(f"url_{name}", None)
        st.session_state.get(_WRITTEN, {}).pop(name, None)
        missing().pop(name, None)
        _show_in_url(name, None)


def missing() -> dict[str, str]:
    """Return what the link asks for and the page can't show, by name, until the user moves on."""
    values: dict[str, str] = st.session_state.setdefault(_MISSING, {})
    return values


def read_link(name: str) -> str:
    """Return the value that a link, or going back or forward, sets before `keep_in_url` is called; else empty."""
    return st.query_params.get(name, "") if _changed_from_outside(name) else ""


def refuse(names: Iterable[str]) -> None:
    """Note and forget those of these values that a link asks for, because the page doesn't offer them now."""
    for name in names:
        if linked := read_link(name):
            missing()[name] = linked
            _show_in_url(name, None)


def leave_for(page: str, values: Mapping[str, str], forget: Sequence[str]) -> None:
    """End this run of the script and show another page with these values in its URL.

    The page's other values stay, except those to `forget`. They are written to the URL at once: a later change by the
    page would add a step to the browser's history.
    """
    reset(forget)
    names = st.session_state.get(_NAMES, {}).get(page, set()) - set(forget)
    own = {name: text for name, text in st.session_state.get(_OWN, {}).items() if name in names and text is not None}
    leave_as_it_is()  # it is the new page's URL
    st.switch_page(f"{page}/page.py", query_params=own | dict(values))


def leave_as_it_is() -> None:
    """Keep the URL, although this run of the script ends before it used all values."""
    st.session_state[_USED] = None


def forget_if_changed(name: str, because_of: int) -> bool:
    """Forget a value if `because_of` has changed, unless the URL sets the value.

    Returns whether it was forgotten.
    """
    last = st.session_state.get(f"url_{name}_of")
    st.session_state[f"url_{name}_of"] = because_of
    if last in (None, because_of) or _changed_from_outside(name):
        return False
    reset((name,))
    return True


def drop_unused() -> None:
    """Remove other pages' values from the URL; the session remembers them."""
    used = st.session_state.pop(_USED, set())
    if used is None:
        return
    st.session_state.setdefault(_NAMES, {})[st.session_state.get(_PAGE)] = used
    for name in set(st.session_state.get(_WRITTEN, {})) - used:
        _show_in_url(name, None)


def read_news(name: str) -> str | None:
    """Return a value that the browser keeps in the URL, or None if it is unchanged.

    It changes when a link is opened or the browser goes back or forward.
    """
    seen: dict[str, str | None] = st.session_state.setdefault(_SEEN, {})
    in_url = st.query_params.get(name)
    if seen.get(name) == in_url:
        return None
    seen[name] = in_url
    return in_url


def peek(name: str) -> Any:
    """Return a widget's current value before `keep_in_url` is called; None if there is none."""
    return st.session_state.get(f"url_{name}")


def put(name: str, value: object) -> None:
    """Set the value of a widget of `keep_in_url`; it wins over the URL."""
    st.session_state[f"url_{name}"] = value
    st.session_state.setdefault(_SHOWN, {})[name] = st.query_params.get(name)


def among(options: Sequence[T]) -> Callable[[str], T | None]:
    """Return a reader that accepts these options by their text, in either Unicode spelling."""
    by_text = {nfc(str(option)): option for option in reversed(options)}
    by_text |= {str(option): option for option in options}
    return lambda text: by_text.get(text, by_text.get(nfc(text)))


def read_percent_range(text: str) -> tuple[int, int] | None:
    """Return the range of a text like `20-80`, or None if it is invalid."""
    parts = text.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS for part in parts):
        return None
    low, high = int(parts[0]), int(parts[1])
    return (low, high) if 0 <= low <= high <= 100 else None


def write_percent_range(value: tuple[int, int]) -> str:
    """Return a range of per cent as text."""
    return f"{value[0]}-{value[1]}"


def read_whole_number(most: int) -> Callable[[str], int | None]:
    """Return a reader of whole numbers from 1 to `most`."""

    def read(text: str) -> int | None:
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            return None
        return int(text) if 1 <= int(text) <= most else None

    return read


def _changed_from_outside(name: str) -> bool:
    """Whether a link was opened, or the browser went back or forward.

    After a change of a widget, the browser sends the URL it had before. That URL may lack what this session has written
    since, so it is ignored.
    """
    if st.session_state.get(_ACTED, False):
        return False
    in_url, last_written = st.query_params.get(name), st.session_state.get(_SHOWN, {}).get(name)
    lost_on_the_way = in_url is None and st.session_state.get(_MOVED, True)
    return in_url != last_written and not lost_on_the_way


def _show_in_url(name: str, text: str | None) -> None:
    last_written: dict[str, str | None] = st.session_state.setdefault(_SHOWN, {})
    last_written[name] = text
    if text is None:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != text:
        st.query_params[name] = text
