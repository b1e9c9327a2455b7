"""The web server: FastAPI with our own routes, Gradio mounted behind the guard, started on one fixed port.

The port is taken before the screen is loaded, so that "in use" is said at once. Binding to anything but loopback needs
a login. No model library is imported in this process.
"""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from app import downloads
from app.identity import COOKIE, GuessLimit, Sessions, check_password, hash_password, read_users
from app.security import Guard, Limits, host_names, session_cookie
from app.settings import Settings
from app.wiring import House
from knowledge.errors import FrugalError, ToolError, UserError

log = logging.getLogger(__name__)
#: The model loads in the background, after the first page had the processor for itself. Seconds.
WARM_UP_AFTER_S = 2.5
_STATIC = Path(__file__).parent / "static"
_OWN_FILES = {"frugal.css": "text/css; charset=utf-8", "frugal.js": "text/javascript; charset=utf-8"}


def check_bind(settings: Settings) -> None:
    """Raises UserError `bind-needs-auth` where others on the network could open the page without a login."""
    if not settings.is_loopback and settings.auth_file is None:
        raise UserError(
            "bind-needs-auth",
            f"Listening on {settings.host} would open Frugal to the network without a login.",
            "Give a users file with FRUGAL_AUTH_FILE (python -m app password makes its lines), or stay on 127.0.0.1.",
        )


def take_port(settings: Settings) -> socket.socket:
    """A bound, listening socket. Raises ToolError `port-in-use`, `port-refused`, `host-unusable`."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
        door.listen(128)
    except PermissionError:
        door.close()
        raise ToolError(
            "port-refused", f"This account may not listen on port {settings.port}.", "Choose a port above 1023 with --port."
        ) from None
    except OSError as problem:
        door.close()
        if problem.errno == 98:
            raise ToolError(
                "port-in-use",
                f"Port {settings.port} is in use by another program.",
                "Stop that program, or choose another port with --port.",
            ) from None
        raise ToolError(
            "host-unusable", f"This machine cannot listen on {settings.host}.", "Use 127.0.0.1, or an address of this machine."
        ) from None
    return door


def create_app(house: House, build_ui: Callable[[House], Any] | None = None) -> FastAPI:
    """The whole application. `build_ui` is replaced in tests that need no screen."""
    settings = house.settings
    app = FastAPI(title="Frugal", openapi_url=None, docs_url=None, redoc_url=None)
    sessions = Sessions.in_folder(settings.data_dir, settings.session_hours)
    users = read_users(settings.auth_file) if settings.auth_file else {}
    _own_routes(app, house)
    _login_routes(app, settings, sessions, users)
    if build_ui is None:
        from app.gradio_import import without_stubs

        without_stubs()
        from app.ui import mount

        mount(app, house)
    else:
        build_ui(house)
    limits = Limits(
        hosts=host_names(settings.host, settings.port, settings.allowed_hosts),
        upload_bytes=settings.upload_mb * 1_000_000 + 1_000_000,
        needs_login=bool(users),
        behind_tls=settings.behind_tls,
    )
    app.add_middleware(Guard, limits=limits, sessions=sessions)
    return app


def _own_routes(app: FastAPI, house: House) -> None:
    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "model": house.agent.backend_label}

    @app.get("/own/{name}")
    def own(name: str) -> Response:
        if name not in _OWN_FILES:
            return JSONResponse({"code": "not-found", "message": "There is nothing at this address."}, 404)
        return FileResponse(_STATIC / name, media_type=_OWN_FILES[name])

    @app.post("/jobs/{job_id}/cancel")
    def cancel(request: Request, job_id: str) -> Response:
        try:
            return JSONResponse({"status": str(house.jobs.cancel(request.state.owner, job_id).status)})
        except UserError:
            return JSONResponse({"code": "not-found", "message": "There is nothing at this address."}, 404)

    @app.get("/downloads/{conversation_id}/{name}")
    def download(request: Request, conversation_id: str, name: str) -> Response:
        try:
            path, saved_as, media = downloads.find(house.store, house.data_dir, request.state.owner, conversation_id, name)
        except FrugalError as problem:
            is_missing = problem.code == "not-found" or problem.code.endswith("-not-found")
            body = {"code": "not-found", "message": "There is nothing at this address."} if is_missing else problem.as_dict()
            return JSONResponse(body, 404 if is_missing else 409)
        return FileResponse(path, media_type=media, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(saved_as)}"})


_LOGIN_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Frugal: sign in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/own/frugal.css"></head>
<body class="login"><main><h1>Frugal</h1><form method="post" action="/login">{note}
<label>User<input name="user" autocomplete="username" required maxlength="64" autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>
<button>Sign in</button></form></main></body></html>"""


def _login_routes(app: FastAPI, settings: Settings, sessions: Sessions, users: dict[str, str]) -> None:
    guesses = GuessLimit()
    nobody = hash_password("a password nobody has")  # unknown names take as long as known ones

    @app.get("/login")
    def page() -> Response:
        return HTMLResponse(_LOGIN_PAGE.format(note="")) if users else RedirectResponse("/", 303)

    @app.post("/login")
    async def enter(request: Request) -> Response:
        form = await request.form(max_fields=4, max_files=0)
        name, password = str(form.get("user", ""))[:64], str(form.get("password", ""))[:200]
        if not guesses.is_open():
            return HTMLResponse(_LOGIN_PAGE.format(note='<p role="alert">Too many attempts. Wait a minute.</p>'), 429)
        guesses.failed()
        if not await run_in_threadpool(check_password, password, users.get(name, nobody)) or name not in users:
            return HTMLResponse(_LOGIN_PAGE.format(note='<p role="alert">User or password is not right.</p>'), 401)
        answer = RedirectResponse("/", 303)
        answer.headers["set-cookie"] = session_cookie(sessions.issue(name), sessions.hours, settings.behind_tls)
        return answer

    @app.post("/logout")
    def leave(request: Request) -> Response:
        sessions.revoke(request.cookies.get(COOKIE))
        answer = RedirectResponse("/login", 303)
        answer.headers["set-cookie"] = session_cookie("", 0, settings.behind_tls)
        return answer


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serves until interrupted. Raises UserError / ToolError where it cannot start."""
    check_bind(settings)
    door = take_port(settings)
    from app.wiring import build

    with contextlib.closing(door):
        house = build(settings)
        try:
            app = create_app(house)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            announce(f"http://{host}:{settings.port}")
            house.jobs.recover()
            warm_up = threading.Timer(WARM_UP_AFTER_S, house.agent.warm_up)
            warm_up.daemon = True
            warm_up.start()
            config = uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
                h11_max_incomplete_event_size=65_536,
            )
            uvicorn.Server(config).run(sockets=[door])
        finally:
            house.close()
