"""Promise (S14, S40): an upload over the limit is refused before it has arrived, with the limit and what to do; odd names stay names.

The server here is a real one on a real socket: only there can one see what was still unsent when the answer came.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from app.identity import Sessions
from app.security import Guard, Limits, session_cookie
from app.uploads import shown_name, stored_name

LIMIT = 2_000_000
MOST_IN_FLIGHT = 20_000_000  # what the server lets pass while the answer travels, and kernel buffers


async def reads_everything(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, str]]:
    """Port of a server behind the guard, and the cookie of somebody signed in."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    sessions = Sessions(b"k" * 32, 12)
    guard = Guard(reads_everything, Limits(frozenset({f"127.0.0.1:{port}"}), LIMIT), sessions)
    running = uvicorn.Server(uvicorn.Config(guard, log_config=None, lifespan="off"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    while not running.started:
        time.sleep(0.02)
    yield port, session_cookie(sessions.issue("local"), 12, False).partition(";")[0]
    running.should_exit = True
    thread.join(10)


def begin(server: tuple[int, str], *more: str) -> socket.socket:
    port, cookie = server
    caller = socket.create_connection(("127.0.0.1", port), timeout=20)
    lines = ("POST /gradio_api/upload HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}", f"Cookie: {cookie}", *more)
    caller.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return caller


def answer(caller: socket.socket) -> tuple[int, dict]:
    data = b""
    while b"\r\n\r\n" not in data or not data.partition(b"\r\n\r\n")[2]:
        data += caller.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body.startswith(b"{") else {}


def refused(status: int, error: dict) -> None:
    assert status == 413
    assert error["code"] == "upload-too-large"
    assert error["message"] == "The limit is 2 MB."
    assert "sample first: one month" in error["hint"] and ".csv.gz" in error["hint"]


def test_s14_ten_gigabytes_are_refused_before_a_byte_is_sent(server):
    with begin(server, "Content-Length: 10000000000") as caller:
        refused(*answer(caller))


def test_s14_a_body_of_unknown_length_is_cut_off_at_the_limit(server):
    sent, block = 0, b"100000\r\n" + b"x" * 0x100000 + b"\r\n"  # one MiB as a chunk
    with begin(server, "Transfer-Encoding: chunked") as caller:
        caller.settimeout(5)
        try:
            while sent < 200_000_000:
                caller.sendall(block)
                sent += len(block)
        except OSError:
            pass  # the server ended the connection
        assert sent < LIMIT + MOST_IN_FLIGHT, "the server took in far more than the limit"


def test_s14_who_stops_at_the_limit_reads_the_reason(server):
    with begin(server, "Transfer-Encoding: chunked") as caller:
        for _ in range(3):
            caller.sendall(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        refused(*answer(caller))


def test_an_upload_below_the_limit_passes(server):
    with begin(server, "Content-Length: 1000000") as caller:
        caller.sendall(b"x" * 1_000_000)
        assert answer(caller)[0] == 200


@pytest.mark.parametrize(
    "name", [r"..\..\a.csv", "../../a.csv", "CON", "CON.csv", ".htaccess", "a.csv.exe", "n" * 300 + ".csv", "\u202ecsv.exe", "a\nb\0.csv"]
)
def test_s40_odd_names_are_stored_harmlessly_and_shown_on_one_line(name):
    shown = shown_name(name)
    stored = stored_name(shown)
    assert shown.isprintable() and len(shown) <= 120
    assert not set(stored) & set("/\\\0\n\u202e") and not stored.startswith(".")
    assert len(stored.encode()) <= 255
