"""`cuore`: one command line for a newcomer and for the engineers who run it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Cuore, an open digital heart centre. Begin with: cuore up",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

ROOT = Path(__file__).parent.parent
# Relative names are meant from where the command is given.
DATA = Path(os.environ.get("CUORE_DATA") or ROOT / ".cuore").absolute()


class PersonaName(StrEnum):
    """Who a token speaks for."""

    patient = "patient"
    clinician = "clinician"
    coordinator = "coordinator"
    admin = "admin"
    device = "device"


def _fail(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(1)


def _running() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((DATA / "run.json").read_text())
    except FileNotFoundError:
        raise _fail("Cuore does not run here; start it with: make up") from None
    except (OSError, ValueError):
        raise _fail(f"{DATA / 'run.json'} cannot be read; start Cuore again with: make up") from None
    return found


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, where somebody looks; what it gives takes how many of how many are done."""
    from rich.console import Console  # noqa: PLC0415 - only slow commands need it
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@app.command()
def up(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="Where the API answers.")] = 8000,
    *,
    explorer: Annotated[bool, typer.Option(help="Build the explorer's page where it is missing or old.")] = True,
) -> None:
    """Start everything on this machine, and watch it until Ctrl-C."""
    from dev.up import up as run  # noqa: PLC0415 - only this command needs the heavy parts

    raise typer.Exit(run(port, DATA, explorer=explorer))


@app.command()
def reset() -> None:
    """Delete this machine's data; the next start makes new demo data."""
    from dev.supervisor import ServiceFailed, only_one  # noqa: PLC0415 - as above

    if not DATA.exists():
        typer.echo("There are no data.")
        return
    try:
        with only_one(DATA):
            shutil.rmtree(DATA)
    except ServiceFailed as runs:
        raise _fail(str(runs)) from None
    except OSError as kept:
        raise _fail(f"Not all data could be deleted: {kept.strerror}: {kept.filename}.") from None
    typer.echo("The data are gone; the next start makes new demo data.")


@app.command()
def migrate() -> None:
    """Bring the database to the newest migration: the one that the environment names, else the running system's."""
    environment = os.environ if "DATABASE_URL" in os.environ else os.environ | _running()["environment"]
    command = [sys.executable, "-m", "adapters.migrate"]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)


@app.command()
def seed() -> None:
    """Fill the running system with demo data, if it has none."""
    from adapters.runtime import open_runtime  # noqa: PLC0415 - as above
    from adapters.settings import read_settings  # noqa: PLC0415
    from dev.seed import seed as fill  # noqa: PLC0415

    run = _running()

    async def go() -> None:
        async with open_runtime(read_settings(run["environment"])) as runtime:
            await runtime.store.prepare()
            with _progress("patients") as tell:
                patient_id = await fill(runtime, run["issuer"], tell)
            typer.echo(f"The demo patient is {patient_id}.")

    _work(go())


@app.command()
def token(whom: Annotated[PersonaName, typer.Option("--as", help="Who the token speaks for.")]) -> None:
    """Print a bearer token of a demo persona of the running system."""
    request = urllib.request.Request(  # noqa: S310 - the address is our own
        f"{_running()['issuer']}/token",
        data=json.dumps({"persona": whom.value}).encode(),
        headers={"content-type": "application/json"},
    )
    # Never through a proxy: it would not reach this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            typer.echo(json.load(answer)["access_token"])
    except (OSError, ValueError):
        raise _fail("The sign-in does not answer; start Cuore with: make up") from None


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="Readings (Apple Health, Health Connect, Withings, Omron, FHIR, a gateway, a table) or an ECG."
        ),
    ],
    *,
    patient: Annotated[str | None, typer.Option(help="The patient's id; without it, the demo patient.")] = None,
    person: Annotated[str | None, typer.Option(help="Whose rows of a table of several people.")] = None,
    recorded_at: Annotated[str | None, typer.Option(help="When an ECG was recorded that does not say it.")] = None,
    microvolts_per_step: Annotated[float | None, typer.Option(help="The size of a step of a .flac file.")] = None,
    from_seconds: Annotated[float | None, typer.Option(help="Where the part of a long ECG begins.")] = None,
    seconds: Annotated[float | None, typer.Option(help="How long the part of a long ECG is.")] = None,
) -> None:
    """Bring readings or an ECG strip from a file into a patient's record."""
    from adapters.runtime import open_runtime  # noqa: PLC0415 - as above
    from adapters.settings import read_settings  # noqa: PLC0415
    from dev.importing.choices import Choices  # noqa: PLC0415
    from dev.importing.command import read_moment, read_patient, run_import  # noqa: PLC0415
    from dev.personas import persona  # noqa: PLC0415
    from domain.errors import DomainError  # noqa: PLC0415
    from domain.patients import account_of  # noqa: PLC0415

    run = _running()

    async def go() -> None:
        choices = Choices(person, read_moment(recorded_at), microvolts_per_step, from_seconds, seconds)
        patient_id = read_patient(patient or run["environment"]["DEMO_PATIENT_ID"])
        async with open_runtime(read_settings(run["environment"])) as runtime:
            async with runtime.pool.acquire() as connection:
                by = await account_of(connection, run["issuer"], persona("clinician").subject)
            if by is None:
                raise _fail("There is no demo clinician to import as; run: cuore seed")
            with _progress(file.name) as tell:
                lines, is_well = await run_import(runtime, file, patient_id, by, choices, tell)
        typer.echo("\n".join(lines))
        if not is_well:
            raise typer.Exit(1)

    try:
        _work(go())
    except DomainError as refused:
        raise _fail(str(refused)) from None


@app.command()
def reanalyse(
    *,
    lanes: Annotated[int, typer.Option(min=1, max=256, help="How many parts are in the queue at a time.")] = 4,
) -> None:
    """Let the workers analyse the vitals of all patients anew; Ctrl-C stops it, the same command goes on."""
    from adapters.runtime import open_runtime  # noqa: PLC0415 - as above
    from adapters.settings import read_settings  # noqa: PLC0415
    from dev.reanalyse import run as follow  # noqa: PLC0415

    environment = os.environ if "DATABASE_URL" in os.environ else _running()["environment"]

    async def go() -> None:
        async with open_runtime(read_settings(environment)) as runtime:
            with _progress("parts") as tell:
                line = await follow(runtime, lanes, tell)
            typer.echo(line)

    try:
        _work(go())
    except KeyboardInterrupt:
        raise _fail("Stopped; the same command goes on.") from None


vitals = typer.Typer(help="Readings at the desk, without a server.", no_args_is_help=True)
app.add_typer(vitals, name="vitals")


@vitals.command("analyse")
def analyse_vitals(
    file: Annotated[
        Path, typer.Argument(help="A table: series, measure, measuredAt, value and, if known, patient and event.")
    ],
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON line for each finding, else a sentence.")] = False,
    trend: Annotated[
        bool, typer.Option("--trend", help="One line more for each series: the trend of its last 28 days.")
    ] = False,
) -> None:
    """Find slips, shifts, ramps, drifts and restlessness, each as it would have been raised."""
    from dev.vitals_analysis import run  # noqa: PLC0415 - as above
    from dev.vitals_analysis_rows import NotATable  # noqa: PLC0415

    try:
        with _progress(file.name) as tell:
            run(file, jsonl=jsonl, trend=trend, progress=tell)
    except NotATable as reason:
        raise _fail(str(reason)) from None
    except OSError as fault:
        raise _fail(f"{file} cannot be read: {fault.strerror}.") from None


ecg = typer.Typer(help="ECG strips at the desk, without a server.", no_args_is_help=True)
app.add_typer(ecg, name="ecg")


@ecg.command("analyse")
def analyse_ecg(
    paths: Annotated[
        list[Path], typer.Argument(help="Strips of any known format, or folders of them.", metavar="FILE-OR-FOLDER...")
    ],
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON line for each strip, else a sentence.")] = False,
) -> None:
    """Judge quality, beats, rate and rhythm of each strip; what cannot be read gets a line with the reason.

    Ends with 0 when every strip could be read, else with 1.
    """
    from dev.ecg_desk import analyse_files, in_words, strip_files  # noqa: PLC0415 - as above

    files = strip_files(paths)
    if not files:
        raise _fail("There are no files in these folders.")
    is_well = True
    with _progress("strips") as tell:
        for line in analyse_files(files, tell):
            typer.echo(json.dumps(line) if jsonl else in_words(line))
            is_well = is_well and line["status"] == "ANALYSED"
    raise typer.Exit(0 if is_well else 1)


@ecg.command("draw")
def draw_ecg(
    file: Annotated[Path, typer.Argument(help="A strip of any known format.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture: .svg, .png or .pdf.")],
    *,
    lead: Annotated[str | None, typer.Option(help="Which lead; without it, the first one.")] = None,
    beats: Annotated[bool, typer.Option("--beats", help="Mark each beat.")] = False,
) -> None:
    """Draw a strip on ECG paper: 25 mm/s, 10 mm/mV, ten seconds a row."""
    from adapters.strip_formats import UnreadableStrip  # noqa: PLC0415 - as above
    from dev.ecg_desk import draw_file  # noqa: PLC0415

    if output.suffix.lower() not in {".svg", ".png", ".pdf"}:
        raise _fail(f"{output.name} must end with .svg, .png or .pdf.")
    try:
        draw_file(file, output, lead, mark_beats=beats)
    except UnreadableStrip as reason:
        raise _fail(f"{file}: {reason}") from None
    except OSError as fault:
        raise _fail(f"{output} cannot be written: {fault.strerror}.") from None


def _work(task: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(task)
    except OSError:
        raise _fail("The services do not answer; start Cuore with: make up") from None


def main() -> None:
    """The command's entry."""
    app()
