"""What Streamlit does for a developer, and must not on a server: ask others about it, and serve more than pages."""

from streamlit import net_util
from streamlit.runtime.app_session import AppSession


def ask_nobody_for_the_address() -> None:
    """Keep Streamlit from asking a service on the internet for this machine's address.

    It would whenever a page of another site wants to connect, each time waiting for an answer; at the server's start
    `browser.serverAddress` in config.toml keeps it from that. Source: `get_external_ip` in
    https://github.com/streamlit/streamlit/blob/develop/lib/streamlit/net_util.py
    """
    net_util.get_external_ip = lambda: None


def refuse_what_no_page_needs() -> None:
    """Keep browsers from emptying the caches of all sessions, and from asking for the state of the git repository.

    Both are messages that the WebSocket takes from everyone, also before a login, whatever menus are shown. Source:
    `AppSession.handle_backmsg` in
    https://github.com/streamlit/streamlit/blob/develop/lib/streamlit/runtime/app_session.py
    """
    for message in ("_handle_clear_cache_request", "_handle_git_information_request"):
        getattr(AppSession, message)  # an error here where another version calls it otherwise
        setattr(AppSession, message, lambda _session: None)
