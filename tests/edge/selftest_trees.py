# SPDX-License-Identifier: GPL-2.0-only
"""A tree with a few selftests, whose makefiles do what the kernel's do, with rsync and gcc."""

from __future__ import annotations

from pathlib import Path

from orchestrator.config.selftests import FOLDER
from orchestrator.model.job import BuiltKernel, Tree

_TOP = """\
headers:
	@mkdir -p $(O)/usr/include/linux && cp include/planted.h $(O)/usr/include/linux/
	@mkdir -p $(O)/scripts && touch $(O)/scripts/x && ln -sfn $(CURDIR) $(O)/source
	@echo headers >> $(O)/../headers.count 2>/dev/null || true
"""
_SELFTESTS = """\
install:
	@$(MAKE) --no-print-directory -C $(TARGETS) OUT=$(O)/kselftest/$(TARGETS) \\
		TO=$(KSFT_INSTALL_PATH) NAME=$(TARGETS) KHDR=$(O)/usr/include install
"""
_LIB = """\
install:
	@mkdir -p $(OUT) $(TO)/$(NAME)
	@for p in $(PROGS); do gcc -I$(KHDR) -o $(OUT)/$$p $$p.c $(LIBS) || exit 1; \\
		rsync -a $(OUT)/$$p $(TO)/$(NAME)/; done
	@for p in $(PROGS) $(SCRIPTS); do echo "$(NAME):$$p"; done > $(TO)/kselftest-list.txt
"""
PROGRAM = "#include <linux/planted.h>\nint main(void)\n{\n\treturn PLANTED;\n}\n"
FILES = {
    "Makefile": _TOP,
    "include/planted.h": "#define PLANTED 0\n",
    f"{FOLDER}/Makefile": _SELFTESTS,
    f"{FOLDER}/lib.mk": _LIB,
    f"{FOLDER}/good/Makefile": "PROGS := one\nSCRIPTS := two.sh\ninclude ../lib.mk\n",
    f"{FOLDER}/good/one.c": PROGRAM,
    f"{FOLDER}/good/config": "CONFIG_KCMP=y\n",
    f"{FOLDER}/good/settings": "timeout=7\n",
    f"{FOLDER}/lacks/Makefile": "PROGS := one\nLIBS := -lorchnone\ninclude ../lib.mk\n",
    f"{FOLDER}/lacks/one.c": PROGRAM,
    f"{FOLDER}/broken/Makefile": "PROGS := one\ninclude ../lib.mk\n",
    f"{FOLDER}/broken/one.c": "int main(void)\n{\n\treturn planted;\n}\n",
    f"{FOLDER}/empty/Makefile": "PROGS :=\ninclude ../lib.mk\n",
    f"{FOLDER}/odd/Makefile": "SCRIPTS := 'a;b'\ninclude ../lib.mk\n",
    f"{FOLDER}/away/Makefile": (
        "include ../lib.mk\ninstall: out\nout:\n\t@mkdir -p $(TO) && ln -s /etc/passwd $(TO)/link\n"
    ),
}


def tree(folder: Path) -> Tree:
    """It, filled; nothing else is in it."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(folder, "tree-1", "7.3.4", "here")


def kernel(of: Tree) -> BuiltKernel:
    """One whose sources these are; nothing was built."""
    src = of.path
    return BuiltKernel(
        "kernel-1", of.release, src, src / "build", src, src, src / "build.log", cached=True
    )
