# SPDX-License-Identifier: GPL-2.0-only
"""A tree of a few files that make builds as kbuild builds a kernel, its blind spots included.

As there, an object has a list of what it includes (less its source) and its saved command; the
image does not depend on scripts/kallsyms.sh; lib/table.h is made by a rule that saves no command;
what depends on objtool is made again when the folder has another path.
"""

from __future__ import annotations

import os
from pathlib import Path

import trees

from orchestrator.edge.kernel import build_kernel
from orchestrator.edge.kernel_request import KernelRequest
from orchestrator.edge.store import Store
from orchestrator.model.job import BuiltKernel, KernelConfig, Tree
from orchestrator.model.progress import Note, ProgressEvent

_TOP = """\
VERSION = 7
PATCHLEVEL = 3
SUBLEVEL = 4
EXTRAVERSION =
NAME = x
.NOTPARALLEL:
ifeq ($(inside),)
allnoconfig vmlinux modules: FORCE
	@$(MAKE) --no-print-directory -C $(O) -f ../Makefile inside=1 $@
else
obj-y :=
include ../kernel/Makefile ../lib/Makefile
-include $(foreach o,$(obj-y),$(dir $o).$(notdir $o).cmd)
cmd_cc = $(CC) -Wp,-MMD,$(@D)/.$(@F).d -include include/generated/autoconf.h -I../include \\
  -I../include/uapi -Ilib -c -o $@ $<
differs = $(filter-out FORCE,$?)$(filter-out $(cmd_cc),$(savedcmd_$@))\\
  $(filter-out $(savedcmd_$@),$(cmd_cc))

allnoconfig: FORCE
	@mkdir -p include/config include/generated kernel lib
	@echo 7.3.4 > include/config/kernel.release
	@cat ../Kconfig $$KCONFIG_ALLCONFIG > .config

include/generated/autoconf.h: FORCE
	@sed -n 's/^CONFIG_\\(.*\\)=y$$/#define CONFIG_\\1 1/p' .config > $@.tmp
	@cmp -s $@.tmp $@ || cp $@.tmp $@; rm $@.tmp

objtool: FORCE
	@echo $(CURDIR) | cmp -s - $@ || echo $(CURDIR) > $@

$(obj-y): objtool include/generated/autoconf.h
define compile
	$(if $(strip $(differs)),@echo "  CC      $@"; $(cmd_cc) && { \\
		echo 'savedcmd_$@ := $(cmd_cc)'; printf 'deps_$@ :='; \\
		sed '1s/^[^:]*: *[^ ]*//' $(@D)/.$(@F).d | tr -d '\\\\\\n'; echo; \\
		echo '$@: $$(deps_$@)'; echo '$$(deps_$@):'; } > $(@D)/.$(@F).cmd)
endef
kernel/%.o: ../kernel/%.c FORCE
	$(compile)
lib/%.o: ../lib/%.c FORCE
	$(compile)

-include .vmlinux.cmd
vmlinux: $(obj-y) FORCE
	$(if $(filter-out FORCE,$?)$(filter-out $(obj-y),$(saved))$(filter-out $(saved),$(obj-y)),\\
		@echo "  LD      vmlinux"; echo 'saved := $(obj-y)' > .vmlinux.cmd; \\
		{ cat $(obj-y) && sh ../scripts/kallsyms.sh; } > $@)

modules: FORCE
	@grep -h EXPORT ../kernel/*.c > Module.symvers || true
endif
.PHONY: FORCE
FORCE:
"""

FILES = {
    "Makefile": _TOP,
    "Kbuild": "# Kbuild\n",
    "Kconfig": "CONFIG_SMALL=y\n",
    "kernel/Makefile": "obj-y += kernel/kthread.o kernel/fork.o\n",
    "kernel/kthread.c": '#include "linux/kthread.h"\nint kthread(void) { return KTHREAD; }\n',
    "kernel/fork.c": (
        '#include "linux/kthread.h"\n#include "linux/types.h"\n#ifdef CONFIG_LARGE\n'
        "int large;\n#endif\nint fork(void) { return TYPES + KTHREAD; }\n"
    ),
    "lib/Makefile": (
        "obj-y += lib/crc.o\nlib/table.h: ../lib/seed.h\n\t@sed 's/SEED/TABLE/' $< > $@\n"
        "lib/crc.o: lib/table.h\n"
    ),
    "lib/seed.h": "#define SEED 3\n",
    "lib/crc.c": '#include "table.h"\nint crc(void) { return TABLE; }\n',
    "include/linux/kthread.h": "#define KTHREAD 1\n",
    "include/uapi/linux/types.h": "#define TYPES 2\n",
    "scripts/kallsyms.sh": "echo symbols\n",
}


SMALL = KernelConfig(("small",), ())


def small_tree(folder: Path) -> Path:
    """folder with the sources; all mtimes are long ago."""
    for name, text in FILES.items():
        write(folder / name, text)
    return folder


def write(file: Path, text: str) -> None:
    """As a tool that restores old times does, `tar x` or `cp -p`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text)
    os.utime(file, ns=(trees.OLD_NS, trees.OLD_NS))


class Builds:
    """Builds in one store, and what the last of them told."""

    def __init__(self, store: Store, log: Path) -> None:
        self.store = store
        self.log = log
        self.notes: list[str] = []

    def build(
        self,
        tree: Tree,
        patches: tuple[Path, ...] = (),
        variables: tuple[str, ...] = (),
        config: KernelConfig = SMALL,
        any_config: bool = False,
    ) -> BuiltKernel:
        self.notes.clear()
        self.log.unlink(missing_ok=True)
        request = KernelRequest(tree, config, patches, variables, 1, any_config)
        return build_kernel(request, self.store, self.log, self._note)

    def _note(self, event: ProgressEvent) -> None:
        if isinstance(event, Note):
            self.notes.append(event.text)

    @property
    def compiled(self) -> list[str]:
        lines = self.log.read_text().splitlines()
        return [line.split()[1] for line in lines if line.startswith("  CC ")]

    @property
    def inherited(self) -> bool:
        return any("starting from the objects" in note for note in self.notes)
