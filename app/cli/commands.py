"""The commands: serve (default), ask, tools, run, plan, export, password. Declares options only; the work is beside it.

Importing this loads typer, not gradio and no model library; each command imports what it needs.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import Settings, load

cli = typer.Typer(
    name="frugal",
    help="Frugal audits AI bills, measures your models and makes a costed plan. Without a command it serves the page.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    rich_markup_mode=None,
)
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder for conversations, uploads and results.")]
Model = Annotated[str | None, typer.Option("--model", help='"brain", "hf:org/name or folder", or "http://host:port/v1#model".')]
Prices = Annotated[Path | None, typer.Option("--prices", help="Price file of your own (docs/prices.md); it wins over list prices.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]


@cli.callback()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; other than loopback needs FRUGAL_AUTH_FILE.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on.")] = None,
    data_dir: DataDir = None,
    model: Model = None,
    prices: Prices = None,
    check: Annotated[bool, typer.Option("--check", help="Print the effective settings (secrets masked) and stop.")] = False,
) -> None:
    """Serves the page on 127.0.0.1:7860 unless a command is given."""
    given = {"host": host, "port": port, "data_dir": data_dir, "model": model, "prices": prices}
    context.meta["worker"], context.obj = context.obj, given  # the worker is main's, for `run`
    if context.invoked_subcommand is not None:
        return
    settings = load(given)
    if check:
        _check(settings)
        return
    from app import logs, server
    from app.cli.printing import remark

    logs.set_up(settings.log, settings.log_level)
    server.serve(settings, lambda address: remark(f"Frugal is at {address}  (Ctrl-C stops it)"))


def _check(settings: Settings) -> None:
    from app.server import check_bind

    for name, value in settings.shown().items():
        print(f"{name} = {value}")
    check_bind(settings)


def _settings(context: typer.Context, data_dir: Path | None, **more: Any) -> Settings:
    from app import logs

    given = {**(context.obj or {}), **{name: value for name, value in more.items() if value is not None}}
    settings = load({**given, "data_dir": data_dir or given.get("data_dir")})
    logs.set_up(settings.log, "warning" if settings.log_level == "info" else settings.log_level)
    return settings


@cli.command()
def tools(json: AsJson = False) -> None:
    """List the registered tools with their arguments."""
    from app.cli.listing import list_tools

    print(list_tools(json))


@cli.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def run(
    context: typer.Context,
    tool: Annotated[str, typer.Argument(help="Name of the tool, see `tools`.")],
    session: Annotated[
        str | None, typer.Option("--session", help="Conversation whose facts, bills and evidence it uses and adds to.")
    ] = None,
    data_dir: DataDir = None,
    prices: Prices = None,
    json: AsJson = False,
) -> None:
    """Run one tool without the language model: run TOOL --NAME VALUE ..."""
    from app.cli.running import run_tool

    run_tool(_settings(context, data_dir, prices=prices), tool, context.args, session, json, context.meta["worker"])


@cli.command()
def ask(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What to say.")],
    file: Annotated[list[Path] | None, typer.Option("--file", help="A file to upload with it; repeatable.")] = None,
    session: Annotated[str | None, typer.Option("--session", help="Conversation to continue.")] = None,
    model: Model = None,
    data_dir: DataDir = None,
    prices: Prices = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to heavy jobs without being asked.")] = False,
    json: AsJson = False,
) -> None:
    """One chat turn."""
    from app.cli.asking import ask_once

    ask_once(_settings(context, data_dir, model=model, prices=prices), text, tuple(file or ()), session, yes, json)


@cli.command()
def plan(
    context: typer.Context,
    workload: Annotated[Path, typer.Argument(help="WORKLOAD.yaml")],
    out: Annotated[Path, typer.Option("--out", help="Folder for plan.md, plan.html, plan.xlsx, plan.json, plan.pdf.")],
    bill: Annotated[list[Path] | None, typer.Option("--bill", help="A bill to audit; repeatable.")] = None,
    data_dir: DataDir = None,
    prices: Prices = None,
    json: AsJson = False,
) -> None:
    """The plan without a chat; the same input gives the same plan."""
    from app.cli.planning import write_plan

    write_plan(_settings(context, data_dir, prices=prices), workload, tuple(bill or ()), out, json)


@cli.command()
def export(
    context: typer.Context,
    session: Annotated[str, typer.Argument(help="The conversation.")],
    format: Annotated[str, typer.Option("--format", help="md, html, pdf, xlsx or json.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    data_dir: DataDir = None,
) -> None:
    """Write a conversation's plan to a file."""
    from app.cli.planning import export_session

    export_session(_settings(context, data_dir), session, format, out)


@cli.command()
def password() -> None:
    """Ask for a user and a password; print the line for the users file."""
    from app.identity import hash_password

    user = typer.prompt("User", err=True)
    print(f"{user}:{hash_password(typer.prompt('Password', hide_input=True, confirmation_prompt=True, err=True))}")
