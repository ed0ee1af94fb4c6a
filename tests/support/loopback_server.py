"""A real HTTP server on loopback that plays a model's endpoint by a script."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: Mapping[str, Any]

    @property
    def n(self) -> int:
        return int(self.body.get("n", 1))

    @property
    def problem(self) -> str:
        """What the user message or the text to go on with says, which the tests make the problem's name."""
        return str(self.body["prompt"] if "prompt" in self.body else self.body["messages"][-1]["content"])


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_hanging: bool = False
    """Say nothing until the test is over."""
    is_cut: bool = False
    """Close the connection in the middle of the body."""


HANG = Reply(is_hanging=True)
MALFORMED = Reply(body=b'{"choices": [')


def as_reply(value: object, status: int = 200, **headers: str) -> Reply:
    return Reply(
        status=status,
        body=json.dumps(value).encode(),
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )


def refuse(status: int, message: str = "no", **headers: str) -> Reply:
    return as_reply({"error": {"message": message, "type": "test"}}, status, **headers)


def choice(
    text: str | None, index: int = 0, finish_reason: str | None = "stop", **message: object
) -> dict[str, object]:
    answer = {"role": "assistant", "content": text, **message}
    return {"index": index, "finish_reason": finish_reason, "message": answer}


def chat(*choices: dict[str, object], **fields: object) -> Reply:
    return as_reply({"id": "1", "object": "chat.completion", "model": "served-model", "choices": choices, **fields})


def text_completion(*texts: str, finish_reason: str = "stop") -> Reply:
    """Answer as the completions endpoint does."""
    choices = [{"index": place, "text": text, "finish_reason": finish_reason} for place, text in enumerate(texts)]
    return as_reply({"id": "1", "object": "text_completion", "model": "served-model", "choices": choices})


def obey(asked: Asked) -> Reply:
    """Answer with ``n`` choices that name the request's seed."""
    return chat(*(choice(f"{asked.problem} {asked.body['seed']} {place}", place) for place in range(asked.n)))


Script = Callable[[int, Asked], Reply]
"""(number of the request, from 0, in order of arrival; the request) -> what to do."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # beyond the usual 5, a client that connects at once waits a second to try again
    daemon_threads = False  # the end waits for every answer


class LoopbackServer:
    """Counts and answers requests."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._now = 0
        self._script = script
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._make_handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(path=handler.path, headers=headers, body=body)
        with self._lock:
            number = len(self.asked)
            self.asked.append(asked)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            reply = self._script(number, asked)
        finally:
            with self._lock:
                self._now -= 1
        self._send(handler, reply)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.is_hanging:
            self._over.wait(30)
            handler.close_connection = True
            return
        handler.send_response(reply.status)
        for name, value in {"content-type": "application/json", **reply.headers}.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body[: len(reply.body) // 2] if reply.is_cut else reply.body)
        handler.close_connection = reply.is_cut

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10  # a connection that a client forgot does not hold up the end for ever
            disable_nagle_algorithm = True  # head and body are two writes: the second would wait 40 ms

            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
                pass

        return Handler


@contextmanager
def serve(script: Script) -> Iterator[LoopbackServer]:
    """Run a server for as long as the block lasts."""
    server = LoopbackServer(script)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
