# SPDX-License-Identifier: GPL-2.0-only
# Prints what a tree adds to its compiler's words with KBUILD_EXTRA_WARN= as given: kbuild's own
# file of warnings is read, as the top Makefile reads it. It has been Makefile.warn since 7.0,
# and Makefile.extrawarn before.
# srctree: the tree; obj: where it was configured and built.

SRCARCH := x86
include $(srctree)/scripts/Kbuild.include
include $(srctree)/scripts/Makefile.compiler
include $(obj)/include/config/auto.conf
KBUILD_CFLAGS :=
KBUILD_CPPFLAGS :=
include $(firstword $(wildcard $(srctree)/scripts/Makefile.warn $(srctree)/scripts/Makefile.extrawarn))

.PHONY: flags
flags:
	@printf 'flags: %s\n' '$(KBUILD_CFLAGS) $(KBUILD_CPPFLAGS)'
