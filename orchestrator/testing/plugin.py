# SPDX-License-Identifier: GPL-2.0-only
"""The pytest plugin: fixtures kernel, topology, kmod, vm and new_vm, and marks of the first two.

pytest loads this file in every project beside which orchestrate is installed: it imports nothing
of ours before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.testing import settings
from orchestrator.testing.settings import setting

if TYPE_CHECKING:
    from orchestrator.model.progress import ProgressEvent
    from orchestrator.model.topology import Topology
    from orchestrator.testing.kernels import Kernel, Kernels
    from orchestrator.testing.machines import Machines
    from orchestrator.testing.slots import Slots
    from orchestrator.testing.vm import Vm

LOG_LINES = 20  # of the kernel's log, with a test that failed
_MACHINES = pytest.StashKey["Machines"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Each may stand in the ini file, too, with _ for -."""
    settings.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    for mark in settings.MARKS:
        config.addinivalue_line("markers", mark)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with several machines runs once on each."""
    names = settings.topologies_asked(metafunc.definition)
    if len(names) > 1 and "topology" in metafunc.fixturenames:
        metafunc.parametrize("topology", names, indirect=True)


@pytest.fixture(scope="session")
def _orchestrate_kernels(pytestconfig: pytest.Config) -> Kernels:
    from orchestrator.testing.kernels import Kernels

    tree = setting(pytestconfig, "tree")
    return Kernels(
        (pytestconfig.rootpath / Path(tree).expanduser()) if tree else None,
        setting(pytestconfig, "source"),
        setting(pytestconfig, "accel", "auto"),
        _teller(pytestconfig),
    )


@pytest.fixture(scope="session")
def _orchestrate_slots() -> Slots:
    from orchestrator.edge.store import cache_root
    from orchestrator.testing.slots import Slots

    return Slots(cache_root() / "locks" / "machines")


@pytest.fixture
def topology(request: pytest.FixtureRequest) -> Topology:
    """The machine of this test: of its mark, else --orchestrate-topology, else numa4."""
    from orchestrator.config.topology import load_topology

    marked = settings.topologies_asked(request.node)
    named = getattr(request, "param", "") or next(iter(marked), "")
    return load_topology(named or setting(request.config, "topology", "numa4"))


@pytest.fixture
def kernel(request: pytest.FixtureRequest, _orchestrate_kernels: Kernels) -> Kernel:
    """The kernel of this test: of its mark, else --orchestrate-config and --orchestrate-patch."""
    return _orchestrate_kernels.get(*settings.kernel_asked(request.node))


@pytest.fixture
def kmod(request: pytest.FixtureRequest, kernel: Kernel) -> Callable[[str | Path], Path]:
    """kmod(SOURCE): a module built for this test's kernel. SOURCE: a C file or a folder, beside
    the test; "name" may stand for name.c."""
    folder, tell = request.path.parent, _teller(request.config)

    def build(source: str | Path) -> Path:
        place = folder / source
        named = place.with_name(f"{place.name}.c")
        return kernel.module(named if named.is_file() and not place.exists() else place, tell)

    return build


@pytest.fixture
def new_vm(
    request: pytest.FixtureRequest, kernel: Kernel, topology: Topology, _orchestrate_slots: Slots
) -> Iterator[Callable[..., Vm]]:
    """new_vm(): a guest for this test, one more at each call; new_vm("numa2"): on that machine."""
    from orchestrator.config.topology import load_topology
    from orchestrator.testing.machines import Machines
    from orchestrator.testing.vm import Vm

    keep = bool(request.config.getoption("--orchestrate-keep"))
    machines = Machines(kernel, _orchestrate_slots, request.node.nodeid, keep)
    request.node.stash[_MACHINES] = machines
    try:
        yield lambda name="": Vm(machines.boot(load_topology(name) if name else topology))
    finally:
        machines.kill()


@pytest.fixture
def vm(new_vm: Callable[..., Vm]) -> Vm:
    """A guest of this test's own: fresh, on a kernel that nothing happened to. After the test it
    powers off and is judged: if the kernel reported anything, the test fails."""
    return new_vm()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """The verdict on its machines belongs to the test: it is not green without."""
    machines = item.stash.get(_MACHINES, None)
    try:
        result = yield
    except BaseException as error:
        if machines and not isinstance(error, KeyboardInterrupt):
            _explain(item, machines)
        raise
    if machines and (problem := machines.finish()):
        pytest.fail(problem, pytrace=False)
    return result


def _explain(item: pytest.Item, machines: Machines) -> None:
    """What the kernel had to say, beside what the test did."""
    if problem := machines.finish(keep=True):
        item.add_report_section("call", "verdict of the machine", problem)
    item.add_report_section("call", "kernel log, its end", machines.logs(LOG_LINES))
    item.add_report_section("call", "run", machines.folders())


def _teller(config: pytest.Config) -> Callable[[ProgressEvent], None]:
    """Tells of builds that take long, above the line pytest is writing."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")

    def tell(event: ProgressEvent) -> None:
        from orchestrator.model.progress import Note, StageDone

        said = ""
        if isinstance(event, Note):
            said = event.text
        elif isinstance(event, StageDone) and not event.cached and event.took_s > 1:
            said = f"{event.stage}: {event.detail or 'made'} in {event.took_s:.1f} s"
        if said and reporter:
            reporter.ensure_newline()
            reporter.write_line(f"orchestrate: {said}")

    return tell
