# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate boot"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from orchestrator.cli.dashed import Dashed, after_dashes
from orchestrator.cli.options import (
    FOLDER,
    ROOTFS,
    SOURCES,
    guest_options,
    kernel_options,
    machine_options,
)

EPILOG = (
    """\b
Examples:
  orchestrate boot --config numa
  orchestrate boot --config numa,lockdep --topology memoryless
  orchestrate boot --config numa --tree ~/linux --patch fix.patch
  orchestrate boot --config numa --source kernel.org:7.1.8 --suite placement
  orchestrate boot --config numa --case create.stop_after_exit
  orchestrate boot --config numa --llvm 19
  orchestrate boot --config numa,kunit --kunit 'list*'
  orchestrate boot --config numa --kselftest kcmp --kselftest timers
  orchestrate boot --config numa --kmod ~/mod --insmod mod,level=3 --suite mod
  orchestrate boot --config numa --rootfs debian --add ./t -- /root/t/run --all
\b
--kunit takes a glob of SUITE or SUITE.CASE, as kunit.filter_glob does: '*' for
all. They are in the kernel with the fragment kunit, and run when it boots, so
always from the start. The project's suites run besides only if --suite names
them. What matches nothing is wrong usage, told before the boot.
\b
A folder of --kmod with a Kbuild or Makefile makes modules of its own. All are
loaded before the suites, or those of --insmod, and unloaded after them; each
must. Suites of the same folder (NAME_test.c) may use what they export.
\b
--kselftest takes a folder of the tree's tools/testing/selftests, such as kcmp or
timers, and may be repeated. It is built, with your patches, and its programs run
in a Debian guest whose kernel has what the target's own config asks for. What a
test needs besides comes with --include. --timeout is what each test may take
then; without, what the target's own settings say (45 s by default).
\b
--patch takes:
  FILE, or - for standard input    a diff, mail, mbox, series, or an archive's page
  MESSAGE-ID, https://...          from lore, or whatever is at the URL
  git:REV..REV, git:REV            commits of --tree
\b
With a COMMAND, that runs in the guest instead of suites, on this standard input,
output and error; the report goes to standard error. The exit code is the
command's if the guest told it, ended cleanly and its kernel reported nothing;
else the verdict's, as a line on standard error then says.
\b
"""
    + ROOTFS
    + SOURCES
)


@click.command("boot", cls=Dashed, epilog=EPILOG)
@kernel_options
@click.option("--patch", "patches", multiple=True, metavar="SPEC",
              help="Apply this first, see below; may be repeated.")  # fmt: skip
@machine_options
@click.option("--case", "case", metavar="SUITE.CASE", help="Run only this case.")
@guest_options
@click.option("--kunit", "kunit", metavar="GLOB",
              help="Run the kernel's own built-in KUnit suites that match, see below.")  # fmt: skip
@click.option("--insmod", "insmods", multiple=True, metavar="NAME[,PARAM=VALUE...]",
              help="Load only these modules of --kmod, in this order, see below.")  # fmt: skip
@click.option("--kselftest", "kselftest", multiple=True, metavar="TARGET",
              help="Run this target of kselftest instead of suites, see below.")  # fmt: skip
@click.option("--cold", is_flag=True,
              help="Boot from the start, not from the kept state of a booted machine.")  # fmt: skip
@click.option("--keep-dump", is_flag=True,
              help="Leave the memory of a guest that hangs or crashes in the run.")  # fmt: skip
@click.option("--run-dir", type=FOLDER, metavar="DIR",
              help="Put the run here; a new directory by default.")  # fmt: skip
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write run.json here; - for standard output.")  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write the JUnit report here.")  # fmt: skip
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE", help="Also write the page of the run here; see report.")  # fmt: skip
def command(
    patches: tuple[str, ...],
    kunit: str | None,
    insmods: tuple[str, ...],
    kselftest: tuple[str, ...],
    cold: bool,
    keep_dump: bool,
    run_dir: Path | None,
    json_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
    rootfs: str,
    include: tuple[str, ...],
    adds: tuple[str, ...],
    ssh: bool,
    **asked: Any,
) -> int:
    """Build a kernel and the suites, boot them, give a verdict.

    Everything is built out of the source tree and kept by content: what did not
    change is not built again.
    """
    from orchestrator.cli import show
    from orchestrator.cli.besides import besides
    from orchestrator.cli.session_job import Guest, job_of, talk
    from orchestrator.config.patch_spec import parse_patch_spec
    from orchestrator.workflow.boot import run_boot

    for file in (json_file, junit_file, html_file):
        show.check_writable(file)
    specs = tuple(parse_patch_spec(text) for text in patches)
    argv, guest = after_dashes(), Guest(rootfs, include, adds, ssh)
    source = click.get_current_context().get_parameter_source("step_s")
    limited = source is click.core.ParameterSource.COMMANDLINE
    others = {**asked, "ssh": ssh, "limited": limited}
    extra = besides(argv, asked["kmods"], kunit, insmods, kselftest, others)
    job = job_of(argv, guest, bool(kselftest), **extra.suites_of(asked))
    job = replace(job, patches=specs, cold=cold, run_dir=run_dir, keep_dump=keep_dump)
    job = extra.added_to(job)
    if argv:
        result, code = talk(job, run_dir, keep=True)
    else:
        with show.live() as progress:
            result = run_boot(job, progress)
        code = result.exit_code
    show.result(result, json_file, junit_file, aside=bool(argv))
    if html_file:
        from orchestrator.report.run_page import run_page
        from orchestrator.workflow.run_page import gather

        linked = html_file.parent.resolve() == result.run_dir
        show.write_report(html_file, run_page(gather(result.run_dir), linked=linked))
    return code
