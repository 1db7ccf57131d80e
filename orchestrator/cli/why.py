# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate why"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli import complete

if TYPE_CHECKING:
    from orchestrator.edge.store import Store
    from orchestrator.model.progress import Progress
    from orchestrator.model.why import WhyOption

EPILOG = """\b
Examples:
  orchestrate why latest
  orchestrate why NUMA --config nonuma
  orchestrate why CONFIG_KASAN --config kasan --tree ~/linux
  orchestrate why 29e8a27c
\b
A name may be cut short where no other begins so; run:NAME, option:NAME and key:NAME
say what is meant. Without --config, an option is looked up in --run.
\b
Exit codes: 0 explained, whatever the verdict; 1 the tree's Kconfig is broken; 2 no such
name, or it may be several; 3 infrastructure."""


@click.command("why", epilog=EPILOG)
@click.argument("name", metavar="RUN|OPTION|KEY", shell_complete=complete.runs)
@click.option("--config", "spec", metavar="NAME[,NAME...]", shell_complete=complete.configs,
              help="Of an option: in these fragments, configured now.")  # fmt: skip
@click.option("--tree", type=click.Path(path_type=Path), metavar="DIR",
              help="Of an option: in this kernel tree; as for boot.")  # fmt: skip
@click.option("--source", metavar="SPEC", help="Of an option: in these sources; as for boot.")
@click.option("--run", "run", default="latest", show_default=True, metavar="RUN",
              shell_complete=complete.runs,
              help="Of an option, without --config: in this run's kernel.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write it here; - for standard output.")  # fmt: skip
def command(
    name: str,
    spec: str | None,
    tree: Path | None,
    source: str | None,
    run: str,
    json_file: Path | None,
) -> int:
    """Say why a run got its verdict, why an option has its value, or why an entry of the cache
    had to be made, with the lines it rests on and the next command to type."""
    from orchestrator.cli import show
    from orchestrator.edge.store import Store, cache_root
    from orchestrator.model.errors import UsageError
    from orchestrator.report import why as report
    from orchestrator.report.document import to_json
    from orchestrator.workflow import why as workflow
    from orchestrator.workflow.why_names import meant

    show.check_writable(json_file)
    store = Store(cache_root())
    what = meant(name, store)
    if what.kind != "option" and (spec or tree or source):
        raise UsageError(
            f"{name} is no option: --config, --tree and --source say nothing of it",
            "leave them out, or write option:NAME",
        )
    answer: object
    if what.kind == "run":
        verdict = workflow.why_run(what.path, store)
        answer, lines = verdict, report.verdict_lines(verdict)
    elif what.kind == "option":
        with show.live() as progress:
            option = _option(what.name, spec, tree, source, run, store, progress)
        answer, lines = option, report.option_lines(option)
    else:
        built = workflow.why_key(what.kind, what.name, store)
        answer, lines = built, report.built_lines(built)
    if json_file:
        show.write_report(json_file, to_json({"kind": what.kind, "why": answer}))
    if str(json_file) != "-":
        click.echo("\n".join(lines))
    return 0


def _option(
    name: str,
    spec: str | None,
    tree: Path | None,
    source: str | None,
    run: str,
    store: Store,
    progress: Progress,
) -> WhyOption:
    from orchestrator.edge import rundir
    from orchestrator.edge.snapshot import adopt
    from orchestrator.edge.sources import fetch
    from orchestrator.model.errors import UsageError
    from orchestrator.workflow import why_option

    if not spec:
        if tree or source:
            raise UsageError("a tree is configured by --config", "give its fragments")
        return why_option.why_in_run(name, rundir.find(run), store)
    from orchestrator.cli.options import chosen_tree
    from orchestrator.config import source_spec

    mine = chosen_tree(tree, source)
    again = why_option.again_options(spec, str(tree) if tree else None, source)
    wanted = source_spec.parse_source_spec(source or "default")
    sources = adopt(mine, store, progress) if mine else fetch(wanted, store, progress)
    return why_option.why_in_config(name, spec, sources, again, store, progress)
