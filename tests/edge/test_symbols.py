# SPDX-License-Identifier: GPL-2.0-only
"""Stack frames to file and line, on real ELF files made here and with the real addr2line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from orchestrator.cli.parse_dmesg import command
from orchestrator.edge import addr2line
from orchestrator.edge.symbols import modules_in, resolve
from orchestrator.model.errors import UsageError
from orchestrator.model.symbols import CodeRef, SymbolTable

pytestmark = pytest.mark.skipif(
    not (shutil.which("gcc") and shutil.which("addr2line")), reason="needs gcc and addr2line"
)

# A tree of three files. In main.c, `outer` has `middle` and `inner` inlined, one from a header.
HEADER = """\
static inline __attribute__((always_inline)) int inner(volatile int *p)
{
\treturn *p + 1;  /* line 3 */
}
"""
MAIN = """\
#include "../include/inner.h"
volatile int cell;
static inline __attribute__((always_inline)) int middle(void)
{
\treturn inner(&cell) * 3;  /* line 5 */
}
__attribute__((noinline)) void callee(int x) { cell += x; }
__attribute__((noinline)) int outer(int x)
{
\tcallee(x);  /* line 10 */
\treturn middle();  /* line 11 */
}
static __attribute__((noinline)) int twin(void) { return cell; }  /* line 13 */
int uses_twin(void) { return twin() + 1; }
void start_kernel(void) { cell = outer(cell) + uses_twin(); }
int main(void) { start_kernel(); return 0; }
"""
OTHER = """\
extern volatile int cell;
static __attribute__((noinline)) int twin(void)
{
\tcell = cell * cell + 17 / cell - cell % 3;
\treturn cell + cell / 7 + (cell ^ 5);  /* line 5 */
}
int uses_other_twin(void) { return twin() + 2; }
"""
MODULE = """\
extern volatile int cell;
static inline __attribute__((always_inline)) int within(int x) { return x / cell; }  /* line 2 */
int __attribute__((noinline)) first(int x) { return x * cell; }
int __attribute__((section(".text.unlikely"), noinline)) rare(int x)
{
\treturn within(x) + first(x);  /* line 6 */
}
int last(int x) { return first(x) + rare(x); }
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place") / "tree"
    for name, text in (
        ("include/inner.h", HEADER),
        ("init/main.c", MAIN),
        ("kernel/other.c", OTHER),
        ("../mod/drv.c", MODULE),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for debug in ("-g", "-g0"):
        (folder / f"build{debug}").mkdir()
        gcc(folder / f"build{debug}", debug, "-no-pie", "-o", "vmlinux",
            "../init/main.c", "../kernel/other.c")  # fmt: skip
        gcc(folder / f"build{debug}", debug, "-c", "-o", "my-drv.ko", str(folder / "../mod/drv.c"))
    return folder


def gcc(folder: Path, *argv: str) -> None:
    fixed = ("-O2", "-fno-pic", "-mcmodel=kernel" if "-c" in argv else "-fno-ipa-icf")
    subprocess.run(["gcc", *fixed, *argv], cwd=folder, check=True)


def ref(image: Path, function: str, after: str, *, which: int = 0, module: str = "") -> CodeRef:
    """The reference a kernel prints for the return address behind `function`'s call or insn
    that matches `after`: offsets and sizes from objdump and nm, which resolve() does not use.
    """
    listing = run("objdump", "-d", str(image))
    bodies = [part for part in listing.split("\n\n") if f"<{function}>:" in part]
    lines = bodies[which].strip().splitlines()
    start = int(lines[0].split()[0], 16)
    at = next(n for n, line in enumerate(lines) if re.search(after, line))
    address = int(lines[at + 1].split(":")[0], 16)
    symbols = sorted({int(row.split()[0], 16) for row in nm(image) if row.split()[1] in "tT"})
    following = [value for value in symbols if value > start]
    end = following[0] if following and not module else int(lines[-1].split(":")[0], 16) + 1
    return CodeRef(function, address - start, end - start, module)


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def nm(image: Path) -> list[str]:
    return [line for line in run("nm", str(image)).splitlines() if len(line.split()) == 3]


def places(table: SymbolTable, one: CodeRef) -> list[tuple[str, str, int]]:
    found = table.find(one)
    assert found is not None
    return [(place.function, place.file, place.line) for place in found.places]


def test_a_call_is_found_on_its_own_line(tree: Path) -> None:
    vmlinux = tree / "build-g/vmlinux"
    call = ref(vmlinux, "outer", r"call.*<callee>")
    table = resolve([call], vmlinux, {})
    assert places(table, call) == [("outer", "init/main.c", 10)]
    assert table.notes == ()


def test_inlined_functions_come_innermost_first(tree: Path) -> None:
    vmlinux = tree / "build-g/vmlinux"
    load = ref(vmlinux, "outer", r"mov .*<cell>")  # what inner() reads, and *p is its only read
    assert places(resolve([load], vmlinux, {}), load) == [
        ("inner", "include/inner.h", 3),
        ("middle", "init/main.c", 5),
        ("outer", "init/main.c", 11),
    ]


def test_the_address_of_the_instruction_itself_is_not_moved(tree: Path) -> None:
    vmlinux = tree / "build-g/vmlinux"
    behind = ref(vmlinux, "outer", r"call.*<callee>")
    exact = replace(behind, call=False)
    table = resolve([behind, exact], vmlinux, {})
    assert [place[2] for place in places(table, behind)] == [10]
    assert [place[2] for place in places(table, exact)] == [3, 5, 11]


def test_twins_are_told_apart_by_size(tree: Path) -> None:
    vmlinux = tree / "build-g/vmlinux"
    twins = [ref(vmlinux, "twin", r"cell", which=number) for number in (0, 1)]
    assert twins[0].size != twins[1].size
    table = resolve(twins, vmlinux, {})
    files = {places(table, twin)[-1][:2] for twin in twins}
    assert files == {("twin", "init/main.c"), ("twin", "kernel/other.c")}
    neither = replace(twins[0], size=twins[0].size + 64)
    answer = resolve([neither], vmlinux, {}).find(neither)
    assert answer and not answer.places and "another build?" in answer.problem


def test_a_modules_sections_all_start_at_nothing(tree: Path) -> None:
    module = tree / "build-g/my-drv.ko"
    call = ref(module, "rare", r"idiv|call", module="my_drv")
    modules = modules_in(tree / "build-g")
    table = resolve([call], tree / "build-g/vmlinux", modules)
    assert places(table, call) == [("within", "drv.c", 2), ("rare", "drv.c", 6)]
    wrong = replace(call, function="first")
    assert places(resolve([wrong], None, modules), wrong) == []


def test_what_a_module_inlines_of_the_tree_is_relative_to_the_tree(tmp_path: Path) -> None:
    kernel, own = tmp_path / "kernel", tmp_path / "own/sub"
    for file, text in (
        (kernel / "scripts/module-common.c", 'const char vermagic[] = "x";\n'),
        (kernel / "include/inner.h", HEADER),
        (own / "drv.c", '#include "inner.h"\nvolatile int cell;\n'
                        "int probe(void) { return inner(&cell) * 7; }\n"),
    ):  # fmt: skip
        file.parent.mkdir(parents=True)
        file.write_text(text)
    gcc(own, "-g", "-c", f"-I{kernel}/include", "-o", "a.o", str(own / "drv.c"))
    gcc(own, "-g", "-c", "-o", "b.o", str(kernel / "scripts/module-common.c"))
    subprocess.run(["ld", "-r", "-o", "drv.ko", "a.o", "b.o"], cwd=own, check=True)
    load = ref(own / "drv.ko", "probe", r"mov ", module="drv")
    assert places(resolve([load], None, modules_in(tmp_path)), load) == [
        ("inner", "include/inner.h", 3),
        ("probe", "drv.c", 3),
    ]


def test_twins_of_one_size_are_not_guessed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.c").write_text(
            "extern volatile int cell;\n"
            "static __attribute__((noinline)) int twin(void) { return cell; }\n"
            f"int call_{name}(void) {{ return twin() + 1; }}\n"
        )
    (tmp_path / "main.c").write_text("volatile int cell; int main(void) { return 0; }\n")
    gcc(tmp_path, "-g", "-no-pie", "-o", "vmlinux", "a.c", "b.c", "main.c")
    twin = ref(tmp_path / "vmlinux", "twin", "mov")
    (answer,) = resolve([twin], tmp_path / "vmlinux", {}).resolved
    assert answer.places == ()
    assert answer.problem == "2 functions twin have this size"


def test_one_function_of_a_header_in_two_objects_is_one_answer(tmp_path: Path) -> None:
    (tmp_path / "twin.h").write_text(
        "extern volatile int cell;\n"
        "static __attribute__((noinline)) int twin(void) { return cell; }  /* line 2 */\n"
    )
    for name in ("a", "b"):
        text = f'#include "twin.h"\nint call_{name}(void) {{ return twin() + 1; }}\n'
        (tmp_path / f"{name}.c").write_text(text)
    (tmp_path / "main.c").write_text("volatile int cell; int main(void) { return 0; }\n")
    gcc(tmp_path, "-gdwarf-4", "-no-pie", "-o", "vmlinux", "a.c", "b.c", "main.c")
    twin = ref(tmp_path / "vmlinux", "twin", "mov")
    assert len([row for row in nm(tmp_path / "vmlinux") if row.endswith(" twin")]) == 2
    ((place,),) = (one.places for one in resolve([twin], tmp_path / "vmlinux", {}).resolved)
    assert (Path(place.file).name, place.line) == ("twin.h", 2)


def test_file_names_that_may_be_wrong_are_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gcc(tree, "-gdwarf-5", "-c", "-o", "five.ko", str(tree / "../mod/drv.c"))
    gcc(tree, "-gdwarf-4", "-c", "-o", "four.ko", str(tree / "../mod/drv.c"))
    modules = {"five": tree / "five.ko", "four": tree / "four.ko"}
    refs = [CodeRef("rare", 1, 0x99, name) for name in modules]
    for version, said in (((2, 40), 1), ((2, 42), 0)):
        monkeypatch.setattr(addr2line, "_binutils", lambda _, version=version: version)
        notes = resolve(refs, None, modules).notes
        assert [("(five.ko)" in note, "may be wrong" in note) for note in notes] == [
            (True, True)
        ] * said


@pytest.mark.skipif(not shutil.which("llvm-addr2line"), reason="llvm-addr2line is not installed")
def test_llvm_reads_the_files_of_dwarf_5(tmp_path: Path) -> None:
    (tmp_path / "twin.h").write_text("static __attribute__((noinline)) int f(void) { return c; }\n")
    text = 'volatile int c;\n#include "twin.h"\nint main(void) { return f(); }\n'
    (tmp_path / "a.c").write_text(text)
    gcc(tmp_path, "-gdwarf-5", "-no-pie", "-o", "vmlinux", "a.c")
    one = ref(tmp_path / "vmlinux", "f", "mov")
    table = resolve([one], tmp_path / "vmlinux", {})
    assert [Path(file).name for _, file, _ in places(table, one)] == ["twin.h"]
    assert table.notes == ()


def test_without_debug_info_the_symbol_is_checked_and_the_reason_given(tree: Path) -> None:
    vmlinux = tree / "build-g0/vmlinux"
    call = ref(vmlinux, "outer", r"call.*<callee>")
    table = resolve([call], vmlinux, {})
    assert places(table, call) == [("outer", "", 0)]
    assert [note.partition(";")[0] for note in table.notes] == [
        "no line numbers: the kernel has no debug info"
    ]


def test_what_is_not_there_is_told(tree: Path, tmp_path: Path) -> None:
    vmlinux = tree / "build-g/vmlinux"
    asked = {
        CodeRef("nothing_such", 1, 2): "vmlinux has no nothing_such",
        CodeRef("outer", 1, 0x1000): "another build?",
        CodeRef("x", 1, 2, "gone"): "no gone.ko to look it up in",
    }
    table = resolve(asked, vmlinux, {})
    for one, words in asked.items():
        found = table.find(one)
        assert found and words in found.problem and not found.places
    (lone,) = resolve([CodeRef("x", 1, 2)], None, {}).resolved
    assert lone.problem == "no vmlinux to look it up in"
    (tmp_path / "vmlinux").write_text("no ELF")
    with pytest.raises(UsageError, match="cannot be read as an ELF file"):
        resolve(asked, tmp_path / "vmlinux", {})


def test_a_cut_image_is_refused_and_never_a_traceback(tree: Path, tmp_path: Path) -> None:
    whole = (tree / "build-g/my-drv.ko").read_bytes()
    for size in range(0, len(whole) - 1, 211):
        (tmp_path / "a.ko").write_bytes(whole[:size])
        with pytest.raises(UsageError):
            resolve([CodeRef("rare", 1, 2, "a")], None, modules_in(tmp_path))


def a_log(tree: Path) -> str:
    load = ref(tree / "build-g/vmlinux", "outer", r"mov .*<cell>")
    place = f"{load.function}+{load.offset:#x}/{load.size:#x}"
    lines = ["WARNING: CPU: 0 PID: 1 at init/main.c:9 " + place, "Call Trace:", f" {place}",
             " gone+0x1/0x2 [other]", "---[ end trace 0000000000000000 ]---"]  # fmt: skip
    return "".join(f"[    1.000000][   T1] {line}\n" for line in lines)


def parsed(*argv: str) -> Result:
    return CliRunner().invoke(command, argv)


def test_parse_dmesg_gives_every_frame_its_places(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(a_log(tree))
    where = ("--vmlinux", str(tree / "build-g/vmlinux"), "--module-dir", str(tree / "build-g"))
    done = parsed("--json", *where, str(tmp_path / "log"))
    (found,) = json.loads(done.stdout)["findings"]
    assert re.fullmatch("[0-9a-f]{12}", found["signature"]), found
    _warned, frame, _gone = found["frames"]
    assert (frame["function"], frame["file"], frame["line"]) == ("outer", "init/main.c", 11)
    assert [one["function"] for one in frame["inlined"]] == ["inner", "middle"]
    assert found["frames"][-1]["problem"] == "no other.ko to look it up in"
    plain = json.loads(parsed("--json", str(tmp_path / "log")).stdout)["findings"][0]
    assert plain["signature"] == found["signature"] and "frames" not in plain


def test_parse_dmesg_shows_them_in_words(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(a_log(tree))
    done = parsed("--vmlinux", str(tree / "build-g/vmlinux"), str(tmp_path / "log"))
    assert "(include/inner.h:3 in inner, inlined at init/main.c:5 in middle" in done.output
    assert "gone+0x1/0x2 [other]  [no other.ko to look it up in]" in done.output
    dark = parsed("--vmlinux", str(tree / "build-g0/vmlinux"), str(tmp_path / "log"))
    assert "no line numbers: the kernel has no debug info" in dark.output
    wrong = parsed("--vmlinux", str(tmp_path / "log"), str(tmp_path / "log"))
    assert isinstance(wrong.exception, UsageError)
