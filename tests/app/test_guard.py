"""What the guard promises: nobody reaches Gradio's or our routes from another host, another site or without a session."""

import re

import pytest
from starlette.testclient import TestClient

from app.identity import COOKIE
from app.security import PageSessions, own_page

BASE = "http://127.0.0.1:7860"
OWN = {"origin": BASE}


@pytest.fixture
def nobody(application):
    return TestClient(application, base_url=BASE, follow_redirects=False)


@pytest.fixture
def person(application):
    client = TestClient(application, base_url=BASE, follow_redirects=False)
    assert client.get("/").status_code == 200
    return client


PATHS = [
    *("/", "/health", "/config", "/login", "/gradio_api/info", "/gradio_api/queue/data", "/downloads/x/plan.md", "/nothing"),
    *("/own/x.css", "/own/frugal.css", "/gradio_api/file=/etc/passwd", "/theme.css"),
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_headers_also_errors(nobody, path):
    headers = nobody.get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe-eval" not in policy and "script-src 'self' 'nonce-" in policy and "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers
    assert headers["cache-control"] == "no-store"


def test_a_forged_host_is_refused_on_every_route(application):
    evil = TestClient(application, base_url="http://evil.test", follow_redirects=False)
    for path in PATHS:
        assert evil.get(path).status_code == 400
    assert evil.get("/").json()["code"] == "host-unknown"


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}, {"origin": "http://evil.test"}, {"origin": "http://127.0.0.1:9999"}])
def test_a_state_change_needs_our_own_origin(person, origin):
    answer = person.post("/gradio_api/queue/join", headers=origin, json={"session_hash": "abc", "data": []})
    assert answer.status_code == 403 and answer.json()["code"] == "origin-foreign"


def test_without_a_session_only_the_page_and_static_files_answer(nobody):
    assert nobody.get("/gradio_api/queue/data?session_hash=abc").status_code == 401
    assert nobody.get("/config").status_code == 401
    assert nobody.post("/gradio_api/queue/join", headers=OWN, json={"session_hash": "abc"}).status_code == 401
    assert nobody.post("/jobs/job-1/cancel", headers=OWN).status_code == 401
    assert nobody.get("/health").json()["status"] == "ok"
    assert nobody.get("/own/frugal.js").headers["content-type"].startswith("text/javascript")


def test_a_forged_cookie_is_no_session(nobody):
    nobody.cookies.set(COOKIE, "WyJsb2NhbCIsIDEsICJ4Il0.0000")
    assert nobody.get("/config").status_code == 401


def _paths(routes):
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        elif hasattr(route, "original_router"):
            yield from _paths(route.original_router.routes)


def test_routes_that_the_page_does_not_use_do_not_exist(person, application):
    used = re.compile(
        r"^/(|logout|login|health|config|own/.*|downloads/.*|jobs/.*|theme.css|favicon.ico|robots.txt|manifest.json|assets/.*|static/.*"
        r"|gradio_api/(queue/(join|data)|heartbeat/.*|upload|upload_progress|startup-events|info|theme.css)/?)$"
    )
    gradio = next(route.app for route in application.routes if getattr(route, "path", None) == "" and hasattr(route, "app"))
    paths = set(_paths(gradio.routes))
    assert "/gradio_api/cancel" in paths, "Gradio's surface is read"
    unused = {re.sub(r"\{[^}]*\}", "abc123", path) for path in paths if not used.match(re.sub(r"\{[^}]*\}", "abc123", path))}
    assert len(unused) > 20
    for path in unused:
        assert person.get(path).status_code == 404, path
        assert person.post(path, headers=OWN).status_code == 404, path


def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(nobody):
    line = nobody.get("/").headers["set-cookie"]
    assert "HttpOnly" in line and "SameSite=Strict" in line and "Max-Age=43200" in line


def test_a_page_session_belongs_to_its_first_user():
    pages = PageSessions(most=2)
    assert pages.belongs("abc", "ada") and not pages.belongs("abc", "bob")
    assert not pages.belongs("../x", "ada")


def test_large_bodies_are_refused_before_they_are_read(person):
    answer = person.post("/gradio_api/queue/join", headers={**OWN, "content-length": "99999999999"}, content=b"x")
    assert answer.status_code == 413
    assert person.post("/gradio_api/queue/join", headers=OWN, content=(b"x" * 1_000_000 for _ in range(6))).status_code == 413


def test_the_page_names_no_other_host(person):
    html = person.get("/").text
    head = re.sub(r"<script.*?</script>", "", html.partition("</head>")[0], flags=re.S)
    assert "http" not in head.replace(BASE, ""), head
    assert "fonts.g" not in html and "cdnjs" not in html
    assert not re.findall(r"<script>", html), "every inline script carries the nonce"


def test_markup_inside_the_pages_configuration_is_left_alone():
    page = own_page(b'<head><script>x = "\\u003clink href=//a>";</script><link href="https://fonts.test"></head><body>', "n1")
    assert b'nonce="n1"' in page and b"fonts.test" not in page and b"\\u003clink href=//a>" in page


def test_unknown_and_foreign_downloads_look_alike(person, house):
    theirs = house.store.create_conversation("bob", "theirs").id
    answers = [person.get(f"/downloads/{one}/current.md") for one in (theirs, "conv-0000", "conv-never")]
    assert {answer.status_code for answer in answers} == {404} and len({answer.text for answer in answers}) == 1
    mine = house.store.create_conversation("local", "mine").id
    assert person.get(f"/downloads/{mine}/current.md").json()["code"] == "no-plan"
    assert person.get(f"/downloads/{mine}/..%2f..%2ffrugal.db").status_code == 404
    assert person.get(f"/downloads/{mine}/frugal.db").status_code == 404


def test_an_announced_export_is_sent_as_an_attachment(person, house):
    mine = house.store.create_conversation("local", "mine").id
    (house.data_dir / "exports").mkdir(exist_ok=True)
    (house.data_dir / "exports" / "plan.md").write_text("# plan")
    for name, path in (("plan.md", "exports/plan.md"), ("db.md", "../../etc/hostname")):
        event = {"type": "export", "format": "md", "name": name, "path": path}
        house.store.append_message("local", mine, "assistant", {"events": [event]})
    answer = person.get(f"/downloads/{mine}/plan.md")
    assert answer.text == "# plan" and answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert person.get(f"/downloads/{mine}/db.md").status_code == 404


def test_cancelling_an_unknown_job_says_nothing(person):
    assert person.post("/jobs/job-never/cancel", headers=OWN).status_code == 404
