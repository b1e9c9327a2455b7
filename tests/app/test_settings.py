"""Settings: unknown names and values out of range are refused with the mend; secrets never show; other libraries are quiet."""

import pytest

from app.logs import masked
from app.quiet import quiet_libraries
from app.server import check_bind
from app.settings import load
from knowledge.errors import UserError


def test_an_unknown_setting_is_refused_and_the_nearest_named():
    with pytest.raises(UserError) as problem:
        load({}, environ={"FRUGAL_PROT": "7000"})
    assert problem.value.code == "setting-unknown" and "FRUGAL_PORT" in problem.value.hint


@pytest.mark.parametrize("port", ["0", "70000", "-1", "1e99", "ten", "7860 GB"])
def test_a_port_out_of_range_names_the_range(port, monkeypatch):
    monkeypatch.setenv("FRUGAL_PORT", port)
    with pytest.raises(UserError) as problem:
        load({})
    assert problem.value.code == "setting-invalid" and "FRUGAL_PORT" in problem.value.message and "65535" in problem.value.hint


def test_options_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("FRUGAL_PORT", "7001")
    assert load({"port": None}).port == 7001
    assert load({"port": 7002}).port == 7002


def test_the_environment_handed_in_is_the_one_that_is_read(monkeypatch):
    monkeypatch.setenv("FRUGAL_PORT", "7001")
    settings = load({}, environ={"FRUGAL_PORT": "7003", "FRUGAL_BEHIND_TLS": "true", "FRUGAL_MODEL": "", "PORT": "1"})
    assert (settings.port, settings.behind_tls, settings.model) == (7003, True, "brain")


def test_line_breaks_in_a_value_are_refused():
    with pytest.raises(UserError):
        load({"host": "127.0.0.1\nevil"}, environ={})


def test_secrets_are_masked(monkeypatch):
    monkeypatch.setenv("FRUGAL_MODEL_KEY", "sk-very-secret-key-123456")
    settings = load({})
    assert settings.shown()["model_key"] == "********" and "very-secret" not in repr(settings)
    line = masked("calling with sk-abcdefghijklmnop1234 at postgresql://ada:hunter22@host/db token=abc123 Bearer eyJhbGci.x")
    assert not any(secret in line for secret in ("abcdefghijklmnop", "hunter22", "abc123", "eyJhbGci"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.test"])
def test_listening_to_the_network_needs_a_login(host, tmp_path):
    with pytest.raises(UserError) as problem:
        check_bind(load({"host": host}, environ={}))
    assert problem.value.code == "bind-needs-auth"
    check_bind(load({"host": host, "auth_file": tmp_path / "users"}, environ={}))


def test_gradios_own_switches_are_taken_out_of_the_environment():
    environ = {
        "GRADIO_SHARE": "1",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_MCP_SERVER": "True",
        "LANGCHAIN_TRACING_V2": "true",
        "HOME": "/x",
    }
    assert quiet_libraries(environ) == ["GRADIO_MCP_SERVER", "GRADIO_SERVER_NAME", "GRADIO_SHARE"]
    assert environ["GRADIO_ANALYTICS_ENABLED"] == "False" and environ["LANGCHAIN_TRACING_V2"] == "false"
    assert "GRADIO_SHARE" not in environ and environ["HF_HUB_OFFLINE"] == "1"
