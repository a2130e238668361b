"""Nobody outside is asked for anything: browsing works without a network, and tells nobody about itself."""

from streamlit import net_util


def ask_nobody_for_the_address() -> None:
    """Keep Streamlit from asking a service on the internet for this machine's address.

    It would whenever a page of another site wants to connect, each time waiting for an answer; at the server's start
    `browser.serverAddress` in config.toml keeps it from that. Source: `get_external_ip` in
    https://github.com/streamlit/streamlit/blob/develop/lib/streamlit/net_util.py
    """
    net_util.get_external_ip = lambda: None
