"""Unexpected errors: logged under an id; the visitor sees only the id."""

import logging
from secrets import token_hex

from dashboard.language import text
from dashboard.widgets import layout

_LOG = logging.getLogger(__name__)


def show_fault(error: Exception) -> bool:
    """Log an exception of a page or callback and show a box with its id."""
    number = token_hex(4)
    _LOG.error("Fault %s", number, exc_info=error)
    layout.show_notice(text("fault.title"), text("fault.body", number=number))
    return True
