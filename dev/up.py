"""`cuore up`: the whole product on this machine, watched until Ctrl-C."""

import asyncio
import contextlib
import errno
import json
import os
import shutil
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from uuid import UUID

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from adapters.runtime import open_runtime
from adapters.settings import read_settings
from dev import explorer as explorer_page
from dev.personas import PERSONAS
from dev.seed import seed
from dev.supervisor import ServiceFailed, Watch, only_one
from dev.system import System

LOOK_SECONDS = 0.2
# Less than this and the services cannot write their next files, whatever else they say.
FULL_DISK_BYTES = 24 * 1024 * 1024

console = Console()
errors = Console(stderr=True)


def up(port: int, folder: Path, *, explorer: bool = True) -> int:
    """Run until Ctrl-C or SIGTERM; the exit code. `explorer` brings its page up to date first."""
    _reach_this_machine_without_proxy()
    try:
        with only_one(folder), _signals_interrupt():
            _run(port, folder, explorer=explorer)
    except KeyboardInterrupt:
        _say("Stopped. The data stay; the next start goes on with them.")
        return 0
    except Exception as failed:  # noqa: BLE001 - a newcomer gets a sentence, the log the rest
        errors.print(Text.assemble(("Error: ", "bold red"), _sentence(failed, folder)), soft_wrap=True)
        return 1
    return 0


def _reach_this_machine_without_proxy() -> None:
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))


def _sentence(failed: Exception, folder: Path) -> str:
    """What went wrong, for somebody who does not know this code."""
    full = isinstance(failed, OSError) and failed.errno in {errno.ENOSPC, errno.EDQUOT}
    # What may not be written is that, however little room there is.
    if not isinstance(failed, OSError):
        with contextlib.suppress(OSError):
            full = shutil.disk_usage(folder).free < FULL_DISK_BYTES
    if full:
        return f"The disk that holds {folder} is full; make room and start again."
    if isinstance(failed, ServiceFailed):
        return str(failed)
    if isinstance(failed, OSError) and failed.filename is not None:
        return f"{failed.strerror}: {failed.filename}."
    log = folder / "up.log"
    log.write_text("".join(traceback.format_exception(failed)))
    return f"Something unexpected went wrong ({type(failed).__name__}); the details are in {log}."


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Each way of being asked to end interrupts whatever is under way, once; what follows is left to finish."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    yield


def _run(port: int, folder: Path, *, explorer: bool) -> None:
    began = time.monotonic()
    if explorer:
        _build_explorer(folder)
    unfinished = _forget_unfinished_demo(folder)
    _say("Starting PostgreSQL, Valkey, the object store and the sign-in …")
    system = System.start(folder, port)
    try:
        system.environment["DEMO_PATIENT_ID"] = str(asyncio.run(_seed(system)))
        unfinished.unlink(missing_ok=True)
        system.start_processes()
        _remember(system, folder)
        _greet(system, time.monotonic() - began)
        watch = Watch(system.children(), _say)
        while True:
            watch.look()
            time.sleep(LOOK_SECONDS)
    finally:
        (folder / "run.json").unlink(missing_ok=True)
        with contextlib.suppress(SystemExit, OSError):  # where nobody reads any more
            _say("Stopping …")
        system.stop()


def _forget_unfinished_demo(folder: Path) -> Path:
    """The mark that demo data are being made; where it stands, the last start was cut off before anybody used it."""
    mark = folder / "demo-unfinished"
    if mark.exists():
        for part in ("postgres", "objects", "appendonlydir"):
            shutil.rmtree(folder / part, ignore_errors=True)
    if not (folder / "postgres").exists():
        mark.touch()
    return mark


def _build_explorer(folder: Path) -> None:
    if explorer_page.is_built():
        return
    _say("Building the explorer; after a change of it this takes half a minute …")
    log = folder / "explorer.log"
    if not explorer_page.build(log):
        _say(f"The explorer could not be built, so the API runs without it; the reason is in {log}.")


async def _seed(system: System) -> UUID:
    async with open_runtime(read_settings(system.environment)) as runtime:
        await runtime.store.prepare()
        columns = (TextColumn("Demo data"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("patients", total=None)
            return await seed(
                runtime, system.issuer.url, lambda done, total: bar.update(task, completed=done, total=total)
            )


def _remember(system: System, folder: Path) -> None:
    """What `cuore token` and scripts need, readable by this user alone."""
    known = {"pid": os.getpid(), "url": system.url, "issuer": system.issuer.url, "environment": system.environment}
    file = folder / "run.json"
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        json.dump(known, output)


def _greet(system: System, seconds: float) -> None:
    names = "\n".join(f"  {persona.name:<12} {persona.title}" for persona in PERSONAS)
    console.print(
        Panel(
            f"Explorer   {system.url}/\nAPI        {system.url}/graphql\nReadiness  {system.url}/health/ready\n\n"
            f"Who you can be:\n{names}\n\nA token    .venv/bin/cuore token --as clinician\nLogs       {system.folder}\n"
            f"Mails      {system.folder / 'mails'}\n"
            "Ctrl-C stops everything; the data stay.",
            title=f"Cuore is ready after {seconds:.0f} s",
            expand=False,
        ),
        highlight=False,
        markup=False,
    )


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)
