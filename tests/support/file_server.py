"""A server on loopback that serves files from memory and can misbehave; and archives."""

import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """The server's files and behaviour; `ranges` are the Range headers of all requests so far."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges: list[str | None] = []
        self.breaks: list[int] = []  # per following request: bytes until the connection closes
        self.statuses: list[int] = []  # per following request: status of the error answer
        self.honours_range = True
        self.tells_length = True
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.ranges.append(wanted := handler.headers["Range"])
        body = self.files.get(handler.path.lstrip("/"))
        if self.statuses or body is None:
            handler.send_error(self.statuses.pop(0) if self.statuses else 404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.honours_range else 0
        if start >= len(body) > 0 and start:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(body)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.tells_length:
            handler.send_header("Content-Length", str(len(body) - start))
        handler.end_headers()
        handler.wfile.write(body[start:][: self.breaks.pop(0) if self.breaks else None])


@contextmanager
def start_server() -> Iterator[Server]:
    """Yield a running server with its `url`."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(ConnectionError):  # the client was killed
                state.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{listening.server_port}"
        try:
            yield state
        finally:  # else a failing test would never end
            listening.shutdown()
            thread.join()


def pack(files: dict[str, bytes], **fields: object) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for field, value in fields.items():
                setattr(member, field, value)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
