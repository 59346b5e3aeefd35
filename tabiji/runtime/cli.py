"""`tabiji`: one command for the stack and its parts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of the console and public pages.")] = 8000,
    collector_port: Annotated[int, typer.Option(help="Port of the collector.")] = 8001,
    mail_port: Annotated[int, typer.Option(help="Port of the practice mail server; 0 takes a free one.")] = 0,
    demo: Annotated[bool, typer.Option(help="Load the demo company first, if it is not there yet.")] = False,
    language: Annotated[str, typer.Option(help="Of the demo company: ja or en.")] = "ja",
) -> None:
    """Start the whole stack: PostgreSQL, ClickHouse, web, collector, worker."""
    from tabiji.practice.demo import staff
    from tabiji.runtime import demo as demos
    from tabiji.runtime import supervisor
    from tabiji.runtime.home import Home, HomeInUse
    from tabiji.runtime.logging import configure

    configure("up")
    home = Home.from_environment()

    def before(stack: supervisor.Stack) -> None:
        wanted = demos.Wanted(language, stack.public_url, stack.collector_url)
        if not demo:
            demos.refuse_half(home)
        elif demos.is_outside():
            demos.stand_outside(wanted, home, say=typer.echo)
        else:
            demos.stand(home, wanted, say=typer.echo)

    def when_ready(stack: supervisor.Stack) -> None:
        if demo:
            for line in staff.welcome(stack.public_url, language):
                typer.echo(line)
        typer.echo(f"Tabiji runs: {stack.public_url}  (collector {stack.collector_url})")
        if stack.begin_at:
            typer.echo(stack.begin_at)
        typer.echo("Stop it with Ctrl+C.")

    try:
        ports = supervisor.Ports(port, collector_port, practice_mail=mail_port)
        supervisor.up(home, ports, when_ready, before)
    except (HomeInUse, supervisor.PortTaken, demos.NotTheDemo, demos.PlayingFailed) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def demo(
    rebuild: Annotated[bool, typer.Option(help="Play the year again, even if it is kept.")] = False,
    port: Annotated[int, typer.Option(help="Port of the console, written into the mails.")] = 8000,
    collector_port: Annotated[int, typer.Option(help="Port of the collector.")] = 8001,
    language: Annotated[str, typer.Option(help="ja or en.")] = "ja",
) -> None:
    """Put the demo company at its opening, Tue 2026-04-28 14:00; what was done in it since is gone."""
    from tabiji.runtime import demo as demos
    from tabiji.runtime import supervisor
    from tabiji.runtime.home import Home, HomeInUse

    home = Home.from_environment()
    stack = supervisor.Stack(home, supervisor.Ports(port, collector_port))
    wanted = demos.Wanted(language, stack.public_url, stack.collector_url)
    try:
        if demos.is_outside():
            raise demos.NotTheDemo(
                "The demo cannot be put back in stores from outside: give it empty ones, and tabiji up --demo."
            )
        lock = home.lock()
        demos.put_in_place(home, wanted, say=typer.echo, rebuild=rebuild)
        lock.close()
    except (HomeInUse, demos.NotTheDemo, demos.PlayingFailed) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("The demo company stands at its opening. Start it: make demo  (tabiji up --demo)")


@app.command()
def migrate() -> None:
    """Bring both stores to the shape of this version. Says where an installation without users begins."""
    _django()
    from tabiji.runtime import migrate as migrations
    from tabiji.web.shell.first_run import link

    migrations.migrate_postgres()
    migrations.migrate_clickhouse()
    migrations.keep_practice_clocks_standing()
    if address := link():
        typer.echo(f"First of all, make your workspace: {address}")


@app.command()
def web(port: int = 8000, threads: int = 8) -> None:
    """Serve screens, REST API, public pages and forms."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
    _granian("wsgi", "tabiji.runtime.wsgi:application", port, threads)


@app.command()
def collector(port: int = 8001) -> None:
    """Serve the high-volume inlets: events, clicks, opens."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
    _granian("asgi", "tabiji.runtime.collector:application", port, 1)


@app.command()
def worker(
    heartbeat: Annotated[Path | None, typer.Option(help="File touched while every loop is well.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run only these loops.")] = None,
) -> None:
    """Run the loops: event processor, journeys, gate, senders, and the rest."""
    _django()
    from tabiji.runtime import worker as workers
    from tabiji.runtime.home import Home
    from tabiji.runtime.logging import configure

    configure("worker")
    Home.from_environment().wait_for_stores()
    workers.main(heartbeat, tuple(only or ()))


@app.command(hidden=True)
def sender(place: int) -> None:
    """One sender of a worker, in a process of its own: takes workspaces from its input. The worker starts it."""
    stops = threading.Event()
    # A stop reaches the worker's whole group; the worker then closes our input.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stops.set())
    _django()
    from tabiji.messaging.public import apart
    from tabiji.runtime.logging import configure

    configure("sender")
    apart.serve(sys.stdin, sys.stdout, place, stops)


@app.command()
def practice_mail(port: int = 8025) -> None:
    """Take the mail of practice workspaces into their inboxes (SMTP on loopback)."""
    _django()
    from tabiji.practice import mail_process
    from tabiji.runtime.home import Home
    from tabiji.runtime.logging import configure

    configure("practice-mail")
    Home.from_environment().wait_for_stores()
    mail_process.run(port)


@app.command()
def doctor() -> None:
    """Look at everything; say what is wrong and what to do. Exit code 1 when something is broken."""
    _django()
    from tabiji.runtime import doctor as doctors

    signs = {"fine": "ok  ", "look": "look", "broken": "BAD "}
    broken = False
    for where, name, finding in doctors.examine():
        broken = broken or finding.level == "broken"
        typer.echo(f"{signs[finding.level]} {where + ': ' if where else ''}{name}: {finding.what}")
        if finding.mend:
            typer.echo(f"       → {finding.mend}")
    raise typer.Exit(1 if broken else 0)


@app.command()
def archive(
    days: Annotated[
        int | None, typer.Option(min=0, help="Only what closed longer ago; the setting, if not given.")
    ] = None,
) -> None:
    """Move finished batches of events from PostgreSQL to the archive now. The worker does it by itself, too."""
    _django()
    from tabiji.events import archive as archives

    keep = archives.after() if days is None else timedelta(days=days)
    batches = archives.archive_all(keep, typer.echo)
    typer.echo(f"{batches} batches archived in {archives.folder()}")


@app.command()
def rebuild_events() -> None:
    """Make an empty ClickHouse (CLICKHOUSE_URL) equal to the archive and PostgreSQL. Run it again to go on."""
    from tabiji.runtime import rebuild
    from tabiji.runtime.home import Home

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
    try:
        with rebuild.stores(Home.from_environment()):
            from tabiji.events import rebuilding

            try:
                batches = rebuilding.rebuild(typer.echo)
            except rebuilding.ERRORS as error:
                typer.echo(str(error), err=True)
                raise typer.Exit(1) from None
            typer.echo(f"ClickHouse has all of {batches} batches.")
    except rebuild.StackRuns as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def events_cluster_ddl(
    cluster: Annotated[str, typer.Option(help="Its name in remote_servers.")] = "tabiji",
    database: Annotated[str, typer.Option(help="The database that CLICKHOUSE_URL names.")] = "tabiji",
) -> None:
    """Print the tables for a cluster of ClickHouse servers; touches nothing. See docs/guides/production.md."""
    _django()
    from tabiji.core import clickhouse
    from tabiji.events import cluster as clusters
    from tabiji.runtime import migrate as migrations

    try:
        statements = clusters.ddl(
            clickhouse.read(migrations.clickhouse_directories()), cluster=cluster, database=database
        )
    except clusters.CannotShard as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n\n".join(f"{statement};" for statement in statements))


@app.command()
def import_events(
    file: Annotated[Path, typer.Argument(help="NDJSON, or CSV with a header; at most a million events.")],
    workspace: Annotated[str, typer.Option(help="Its short name, as in its addresses.")],
    errors: Annotated[Path | None, typer.Option(help="Where refused lines go, with reasons.")] = None,
) -> None:
    """Bring in a file of past events. Stopped in between, the worker goes on; the same line twice counts once."""
    _django()
    from tabiji.runtime import history

    try:
        is_whole = history.bring(file, workspace, errors, typer.echo)
    except history.NotBrought as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(0 if is_whole else 1)


@app.command()
def receive_mail(
    to: Annotated[str, typer.Option(help="The envelope's recipient: our return address.")],
    sender: Annotated[str, typer.Option("--from", help="The envelope's sender.")] = "",
) -> None:
    """Read one returned mail from standard input (for the pipe of a mail server)."""
    _django()
    from tabiji.messaging.public import returns

    try:
        returns.receive_mail(sys.stdin.buffer.read(50_000_000), envelope_to=to, envelope_from=sender)
    except returns.NotOurs as error:
        typer.echo(str(error), err=True)


@app.command()
def reference() -> None:
    """Write the generated reference pages (docs/reference/)."""
    _django()
    from tabiji.runtime import reference as pages

    for file in pages.write():
        typer.echo(file)


@app.command()
def messages(
    check: Annotated[bool, typer.Option(help="Change nothing; fail where Japanese is missing.")] = False,
    compile_only: Annotated[bool, typer.Option(help="Only compile what stands.")] = False,
) -> None:
    """Bring the Japanese catalogues up to what the code says, and compile them."""
    _django()
    from tabiji.runtime import messages as catalogues

    if compile_only:
        typer.echo(f"{catalogues.compile_all()} catalogues compiled")
        return
    missing = catalogues.missing() if check else catalogues.update()
    for sentence in missing:
        typer.echo(f"without Japanese: {sentence}", err=True)
    if not check:
        typer.echo(
            f"{catalogues.compile_all()} catalogues compiled, {len(missing)} sentences without Japanese"
        )
    if missing:
        raise typer.Exit(1)


def main() -> None:
    app()


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tabiji.runtime.settings")
    import django

    django.setup()


def _granian(interface: str, target: str, port: int, threads: int) -> None:
    command = [sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--no-ws", "--log-level", "warning"]
    command += ["--blocking-threads", str(threads)] if interface == "wsgi" else ["--loop", "asyncio"]
    command += ["--backlog", "2048"]
    os.execv(sys.executable, [*command, target])  # noqa: S606


if __name__ == "__main__":
    main()
