"""A visitor without a browser, who speaks the protocol of Streamlit 1.67's front end.

It keeps what the front end keeps: the elements on the page, changed values, messages that the server may refer to
again, and timers of fragments.
"""

import asyncio
import gzip
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

XSRF = "_streamlit_xsrf"
TIMEOUT = 60  # s until a missing answer is an error
MEGABYTES = 256  # largest message; browsers have no limit

T = TypeVar("T")
File = tuple[str, bytes, str]  # name, content, kind


def run_apart(task: Coroutine[Any, Any, T]) -> T:
    """Run a task in its own thread, because Playwright's loop may run in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, task).result()


class Visitor:
    """A user with one tab open. `errors` holds every visible error and every failed request."""

    def __init__(self, url: str, locale: str = "en-US", knows_scripts: bool = True) -> None:
        self.url, self.locale, self._knows_scripts = url, locale, knows_scripts
        self.errors: list[str] = []
        self.notices: list[str] = []  # all that were shown, also earlier ones
        self.elements: dict[tuple[int, ...], tuple[Element, str]] = {}  # position -> element and its fragment
        self.pages: dict[str, str] = {}  # name in the address -> the server's hash
        self.page = self.query = self.session = self.token = ""
        self.bytes_received = 0
        self._states: dict[str, WidgetState] = {}
        self._cached: dict[str, tuple[ForwardMsg, int]] = {}  # hash -> message and the run that last used it
        self._runs = self._received = self._started = self._finished = self._most_age = 0
        self._touched: set[tuple[int, ...]] = set()
        self._urls: dict[str, Any] = {}  # request -> upload addresses
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._news = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def arrive(self, page: str = "", query: str = "") -> None:
        """Load the page, connect, and wait until its script has run."""
        self.page, self.query = page, query
        shell = (await self._fetch("/")).decode()
        if not self._knows_scripts:  # else the browser's cache has them
            paths = re.findall(r'"\./(static/[^"]+\.(?:js|css))"', shell)
            await asyncio.gather(*(self._fetch(f"/{path}") for path in paths))
        await self._fetch("/_stcore/health")
        await self._fetch("/_stcore/host-config")
        self._socket = await connect(
            f"ws://{urlsplit(self.url).netloc}/_stcore/stream",
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", self.token],  # type: ignore[list-item]
            additional_headers={"Cookie": f"{XSRF}={self.token}", "Accept-Language": self.locale},
            max_size=MEGABYTES * 1024**2,
            proxy=None,
        )
        self._reader = asyncio.create_task(self._read())
        await self._run()

    async def leave(self) -> None:
        """Close the tab."""
        for _, timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        if self._reader is not None:
            await self._reader

    async def go(self, page: str) -> None:
        """Follow a link of the navigation and wait for the page."""
        for _, timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.page, self.query = page, ""
        self._states.clear()
        await self._run(self.pages[page])

    async def change(self, key: str, **value: Any) -> None:
        """Set a widget's value, a field of `WidgetState`, and wait until the script has run."""
        widget = self.find(key)
        assert widget is not None, f"{self.page} has no {key}"
        await self._put(WidgetState(id=widget.id, **value))

    async def upload(self, key: str, files: Sequence[File]) -> None:
        """Replace the uploaded files, and wait until the script has run."""
        before = self.state(key)
        await self._put(await self.send_files(key, files))
        for info in before.file_uploader_state_value.uploaded_file_info if before else ():
            await self._fetch(info.file_urls.delete_url, "DELETE")

    async def send_files(self, key: str, files: Sequence[File]) -> WidgetState:
        """Send files to the server; return the state that shows them to the script."""
        request, widget = uuid4().hex, self.find(key)
        assert widget is not None, f"{self.page} has no {key}"
        message = BackMsg()
        message.file_urls_request.request_id = request
        message.file_urls_request.session_id = self.session
        message.file_urls_request.file_names.extend(name for name, _, _ in files)
        await self._send(message)
        await self.wait_until(lambda: request in self._urls, "addresses for files")
        state = WidgetState(id=widget.id)
        for (name, content, kind), urls in zip(files, self._urls.pop(request), strict=True):
            await self._fetch(urls.upload_url, "PUT", _pack(name, content, kind))
            info = state.file_uploader_state_value.uploaded_file_info.add()
            info.name, info.size, info.file_id = name, len(content), urls.file_id
            info.file_urls.CopyFrom(urls)
        return state

    async def begin(self, state: WidgetState) -> None:
        """Set a widget's value without waiting for the answer."""
        self._states[state.id] = state
        await self._send(self._request())

    @property
    def busy(self) -> bool:
        """Whether the script runs."""
        return self._started > self._finished

    def find(self, key: str) -> Any:
        """Return the widget with this key, or None."""
        for element, _ in self.elements.values():
            widget = getattr(element, element.WhichOneof("type") or "empty")
            if getattr(widget, "id", "").split("-", 2)[-1] == key:
                return widget
        return None

    def state(self, key: str) -> WidgetState | None:
        """Return a widget's last value, None if it has its default."""
        widget = self.find(key)
        return None if widget is None else self._states.get(widget.id)

    def text(self) -> str:
        """Return the page's texts: markup, notices, captions, progress."""
        parts = []
        for element, _ in self.elements.values():
            kind = element.WhichOneof("type") or "empty"
            parts.append(str(getattr(getattr(element, kind), "text" if kind == "progress" else "body", "")))
        return "\n".join(parts)

    def payloads(self) -> list[str]:
        """Return the data of the page's components, as JSON."""
        components = (
            element.bidi_component for element, _ in self.elements.values() if element.HasField("bidi_component")
        )
        return [component.json or component.mixed.json for component in components]

    async def wait_until(self, holds: Callable[[], bool], what: str, seconds: float = TIMEOUT) -> None:
        """Wait until messages make a condition true.

        Raises:
            TimeoutError: It did not become true in time.
            ConnectionError: The connection is lost.
        """
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    if self._reader is None or self._reader.done():
                        raise ConnectionError(f"the connection broke off while waiting for {what}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"no {what} within {seconds:.0f} s on {self.page or 'overview'}") from None

    async def _put(self, state: WidgetState) -> None:
        self._states[state.id] = state
        await self._run()

    async def _run(self, script_hash: str = "") -> None:
        """Ask for a run of the script, and wait for its end, restarts included."""
        asked = self._received
        await self._send(self._request(script_hash))
        await self.wait_until(lambda: self._finished > self._started > asked, "answer")

    def _request(self, script_hash: str = "", fragment: str = "") -> BackMsg:
        message = BackMsg()
        request = message.rerun_script
        request.query_string = self.query
        request.page_script_hash = script_hash or self.pages.get(self.page, "")
        request.page_name = "" if request.page_script_hash else self.page
        request.widget_states.widgets.extend(self._states.values())
        request.cached_message_hashes.extend(self._cached)
        request.fragment_id, request.is_auto_rerun = fragment, bool(fragment)
        about = request.context_info
        about.timezone, about.timezone_offset, about.locale = "Europe/Berlin", -60, self.locale
        about.url, about.is_embedded, about.color_scheme = f"{self.url}/{self.page}", False, "light"
        return message

    async def _send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise ConnectionError("not connected")
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self.bytes_received += len(data)
                message = ForwardMsg()
                message.ParseFromString(data)
                self._received += 1
                self._take(message)
                self._news.set()
        except ConnectionClosed as error:
            self.errors.append(f"the connection broke off: {error}")
        if self._socket is not None:
            self.errors.append("the server closed the connection")
        self._news.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            cached = self._cached.get(message.ref_hash)
            if cached is None:
                self.errors.append(f"the server refers to a message that is not kept: {message.ref_hash}")
                return
            place = list(message.metadata.delta_path)
            message = ForwardMsg.FromString(cached[0].SerializeToString())
            message.metadata.delta_path[:] = place
            kind = "delta"
        if message.metadata.cacheable:
            self._cached[message.hash] = (message, self._runs)
        if kind == "delta":
            self._take_delta(message)
        elif kind == "new_session":
            self._take_start(message)
        elif kind == "script_finished":
            self._take_end(message)
        elif kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self.pages[""] = next(page.page_script_hash for page in message.navigation.app_pages if page.is_default)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "file_urls_response":
            self._urls[message.file_urls_response.response_id] = message.file_urls_response.file_urls
        elif kind == "auto_rerun":
            self._begin_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                if fragment in self._timers:
                    self._timers.pop(fragment)[1].cancel()
        elif kind == "page_not_found":
            self.errors.append(f"no such page: {message.page_not_found.page_name}")
        elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
            self.errors.append(f"exception: {message.session_event.script_compilation_exception.message}")

    def _take_start(self, message: ForwardMsg) -> None:
        self._touched.clear()
        self.session = message.new_session.initialize.session_id
        self._most_age = message.new_session.config.max_cached_message_age
        if not message.metadata.run.fragment_ids:
            self._started = self._received

    def _take_end(self, message: ForwardMsg) -> None:
        status, fragments = message.script_finished, set(message.metadata.run.fragment_ids)
        if status in (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR):
            self._finished = self._received
            self._drop_untouched(lambda fragment: True)
            there = {
                getattr(getattr(element, element.WhichOneof("type") or "empty"), "id", "")
                for element, _ in self.elements.values()
            }
            self._states = {name: state for name, state in self._states.items() if name in there}
            self._runs += 1
            old = [name for name, (_, used) in self._cached.items() if self._runs - used > self._most_age]
            for name in old:
                del self._cached[name]
        elif status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self._drop_untouched(lambda fragment: fragment in fragments)

    def _drop_untouched(self, belongs: Callable[[str], bool]) -> None:
        old = [at for at, (_, fragment) in self.elements.items() if at not in self._touched and belongs(fragment)]
        for at in old:
            del self.elements[at]

    def _take_delta(self, message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") != "new_element":
            return
        element, place = message.delta.new_element, tuple(message.metadata.delta_path)
        self.elements[place] = (element, message.delta.fragment_id)
        self._touched.add(place)
        kind = element.WhichOneof("type") or "empty"
        content = getattr(element, kind)
        if kind == "exception":
            self.errors.append(f"exception on {self.page}: {content.type} {content.message}")
        elif kind == "alert":
            (self.errors if content.format == content.ERROR else self.notices).append(content.body)
        elif kind == "html" and 'class="cc-notice cc-problem"' in content.body:
            self.errors.append(f"problem on {self.page}: {re.sub('<[^>]*>', ' ', content.body)[:300]}")
        elif getattr(content, "set_value", False):
            self._states[content.id] = _read_state(content)

    def _begin_timer(self, fragment: str, seconds: float) -> None:
        if fragment in self._timers and self._timers[fragment][0] == seconds:
            return
        if fragment in self._timers:
            self._timers[fragment][1].cancel()
        self._timers[fragment] = (seconds, asyncio.create_task(self._renew(fragment, seconds)))

    async def _renew(self, fragment: str, seconds: float) -> None:
        while self._socket is not None:
            await asyncio.sleep(seconds)
            try:
                await self._send(self._request(fragment=fragment))
            except (ConnectionError, ConnectionClosed):
                return  # the reader says so

    async def _fetch(self, path: str, method: str = "GET", form: tuple[bytes, str] | None = None) -> bytes:
        """Ask the server by HTTP; any status except 2xx is an error."""
        headers = {"Origin": self.url, "Accept-Language": self.locale, "Accept-Encoding": "gzip"}
        if self.token:
            headers |= {"Cookie": f"{XSRF}={self.token}", "X-Xsrftoken": self.token}
        if form is not None:
            headers["Content-Type"] = form[1]
        request = urllib.request.Request(self.url + path, form[0] if form else None, headers=headers, method=method)
        try:
            answer, cookie = await asyncio.to_thread(_open, request)
        except OSError as error:
            self.errors.append(f"{method} {path}: {error}")
            return b""
        if cookie.startswith(f"{XSRF}="):
            self.token = cookie.partition("=")[2].partition(";")[0]
        return answer


def _read_state(widget: Any) -> WidgetState:
    """Return the value that the server gives a widget."""
    state = WidgetState(id=widget.id)
    match type(widget).__name__:
        case "Selectbox":
            state.string_value = widget.raw_value
        case "ButtonGroup" | "MultiSelect":
            state.string_array_value.data.extend(widget.raw_values)
        case "Slider" if widget.options:
            state.string_array_value.data.extend(widget.raw_value)
        case "Slider":
            state.double_array_value.data.extend(widget.value)
        case "Checkbox":
            state.bool_value = widget.value
        case "TextInput":
            state.string_value = widget.value
        case "Pagination":
            state.int_value = widget.value
        case name:
            raise AssertionError(f"{name} is a widget whose value nobody has asked for yet")
    return state


def _open(request: urllib.request.Request) -> tuple[bytes, str]:
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        content = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return content, answer.headers.get("Set-Cookie") or ""


def _pack(name: str, content: bytes, kind: str) -> tuple[bytes, str]:
    """Return a form with a file, and its content type."""
    mark = uuid4().hex
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    )
    return head.encode() + content + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"
