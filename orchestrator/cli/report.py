# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate report"""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path, dir_okay=False)

EPILOG = """\b
Examples:
  orchestrate report latest                        # report.html, in the run directory
  orchestrate report latest --html night.html
  orchestrate report latest --perfetto run.perfetto-trace
\b
Open the page with any browser: it is one file, without script, and asks no network
for anything. Open the trace at ui.perfetto.dev, or with any Perfetto UI of your own.
\b
Exit codes: 0 written, whatever the verdict; 2 no such run, or it is damaged so far
that nothing can be said of it; 3 infrastructure."""


@click.command("report", epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option("--html", "html_file", type=FILE, metavar="FILE",
              help="Write the page here; - for standard output.")  # fmt: skip
@click.option("--perfetto", "trace_file", type=FILE, metavar="FILE",
              help="Write a trace for Perfetto's UI here; a page only with --html.")  # fmt: skip
@click.option("--open", "opened", is_flag=True, help="Show the page in a browser.")
def command(run: str, html_file: Path | None, trace_file: Path | None, opened: bool) -> int:
    """Make one HTML page of RUN (a run directory, its name, or "latest"): verdict, findings with
    stacks and source, time, placement, events along time, coverage.

    It is made from the run's files alone, and judged again from them, so that it can be made
    at any time; what is missing or cut short is told at its top.
    """
    from orchestrator.cli import show
    from orchestrator.edge import rundir
    from orchestrator.model import rundir as names
    from orchestrator.model.errors import InfrastructureError, UsageError
    from orchestrator.workflow.run_page import gather

    if opened and (str(html_file) == "-" or (trace_file and not html_file)):
        raise UsageError("--open shows a page that is a file", "give --html FILE, or nothing")
    run_dir = rundir.find(run)
    if html_file is None and trace_file is None:
        html_file = run_dir / names.REPORT
    _check(run_dir, html_file, trace_file)
    page = gather(run_dir)
    if html_file:
        from orchestrator.report.run_page import run_page

        linked = html_file.parent.resolve() == run_dir
        show.write_report(html_file, run_page(page, linked=linked))
    if trace_file:
        from orchestrator.report.perfetto import perfetto_trace

        show.write_report(trace_file, perfetto_trace(page))
    for file in filter(None, (html_file, trace_file)):
        if str(file) != "-":
            click.echo(str(file))
    if opened and html_file and click.launch(str(html_file)):
        raise InfrastructureError("nothing here opens a page", f"is xdg-open there? {html_file}")
    return 0


def _check(run_dir: Path, *files: Path | None) -> None:
    """UsageError if one cannot be written, is a file that the run left, or both are one."""
    from orchestrator.cli import show
    from orchestrator.model import rundir as names
    from orchestrator.model.errors import UsageError

    kept = {name for name in vars(names).values() if isinstance(name, str)} - {names.REPORT}
    asked = [file for file in files if file]
    for file in asked:
        show.check_writable(file)
        if file.name in kept and file.parent.resolve() == run_dir:
            raise UsageError(f"{file} is a file of the run itself", "name another file")
    if len({file.absolute() for file in asked}) < len(asked):
        raise UsageError(f"page and trace cannot both be {asked[0]}", "name two files")
