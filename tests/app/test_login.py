"""With a users file: no page without signing in, guesses are bounded, signing out ends the session, users see only their own."""

import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))
from screen_house import make_house

from app.identity import COOKIE, GuessLimit, Sessions, check_password, hash_password, read_users
from app.server import create_app
from app.settings import load
from knowledge.errors import UserError

BASE = "http://127.0.0.1:7860"
OWN = {"origin": BASE}


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    folder = tmp_path_factory.mktemp("login")
    users = folder / "users"
    users.write_text(f"# people\nada:{hash_password('correct horse ada')}\nbob:{hash_password('correct horse bob')}\n")
    house = make_house(load({"data_dir": folder / "data", "auth_file": users}, environ={}))
    yield create_app(house, build_ui=lambda _: None)
    house.close()


def _client(application):
    return TestClient(application, base_url=BASE, follow_redirects=False)


def _sign_in(application, user, password):
    client = _client(application)
    return client, client.post("/login", headers=OWN, data={"user": user, "password": password})


def test_the_page_sends_a_stranger_to_the_login(application):
    answer = _client(application).get("/")
    assert answer.status_code == 303 and answer.headers["location"] == "/login"
    assert "Sign in" in _client(application).get("/login").text


def test_the_right_password_opens_and_signing_out_ends_it_at_once(application):
    client, answer = _sign_in(application, "ada", "correct horse ada")
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    cookie = client.cookies.get(COOKIE)
    assert client.get("/downloads/none/current.md").status_code == 404, "signed in: an unknown chat"
    client.post("/logout", headers=OWN)
    thief = _client(application)
    thief.cookies.set(COOKIE, cookie)
    assert thief.get("/downloads/none/current.md").status_code == 401


@pytest.mark.parametrize(("user", "password"), [("ada", "wrong"), ("eve", "correct horse ada"), ("", ""), ("bob", "correct horse ada")])
def test_anything_else_stays_outside(application, user, password):
    client, answer = _sign_in(application, user, password)
    assert answer.status_code == 401 and COOKIE not in client.cookies


def test_guesses_are_bounded():
    limit = GuessLimit(most=3, window_s=60)
    for second in range(3):
        assert limit.is_open(now=second)
        limit.failed(now=second)
    assert not limit.is_open(now=30)
    assert limit.is_open(now=62)


def test_a_session_dies_of_age_forgery_and_revocation(tmp_path):
    sessions = Sessions.in_folder(tmp_path, hours=12)
    cookie = sessions.issue("ada", now=1_000_000)
    assert sessions.owner(cookie, now=1_000_100) == "ada"
    assert sessions.owner(cookie, now=1_000_000 + 12 * 3600 + 1) is None
    assert sessions.owner(cookie[:-1] + ("0" if cookie[-1] != "0" else "1"), now=1_000_100) is None
    assert sessions.owner("x" + cookie, now=1_000_100) is None and sessions.owner("", now=1) is None
    again = Sessions.in_folder(tmp_path, hours=12)
    assert again.owner(cookie, now=1_000_100) == "ada", "survives a restart"
    again.revoke(cookie)
    assert Sessions.in_folder(tmp_path).owner(cookie, now=1_000_100) is None, "so does signing out"
    assert (tmp_path / "session.key").stat().st_mode & 0o077 == 0


def test_password_hashes_are_salted_and_weak_ones_refused():
    first, second = hash_password("long enough pw"), hash_password("long enough pw")
    assert first != second and check_password("long enough pw", first) and not check_password("other", first)
    assert not check_password("x", "nonsense")
    with pytest.raises(UserError, match="shorter"):
        hash_password("short")


@pytest.mark.parametrize("text", ["", "ada", "ada:plain-text", "a:scrypt$x$y\na:scrypt$x$y"])
def test_a_bad_users_file_is_refused_by_line_without_its_content(tmp_path, text):
    path = tmp_path / "users"
    path.write_text(text)
    with pytest.raises(UserError) as problem:
        read_users(path)
    assert problem.value.code == "auth-file-unreadable" and "plain-text" not in problem.value.message
