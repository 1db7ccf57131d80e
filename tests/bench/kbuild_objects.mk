# SPDX-License-Identifier: GPL-2.0-only
# What kbuild would link into vmlinux with the configuration at hand, without
# making any of it. Run in an O= directory inside a kernel tree:
#
#   make -rR --no-print-directory -f FILE walk=FILE existing-targets= obj-dirs= \
#        orchestrate-objects
#
# prints a line "object PATH" for each object, and one "flags ..." with what the
# compiler gets for all of them. The two empty variables are ones of
# scripts/Makefile.build: saved commands are not read, and no directory is made.
# -rR and --no-print-directory: else the top Makefile starts itself once more.

ifndef obj

# The top: what the architecture adds comes from its Makefile.
include ../Makefile

orchestrate-objects:
	+@$(MAKE) -f $(walk) obj=. need-builtin=1 need-modorder=1 $@
	@printf 'flags %s\n' '$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS)'

else

# A directory: its lists are read by kbuild's own rules, which also say what is
# linked (need-builtin) of the directories below.
include $(srctree)/scripts/Makefile.build

orchestrate-linked := $(filter %.o,$(if $(need-builtin),$(real-obj-y)) $(lib-y) $(extra-y))
orchestrate-below := $(addprefix orchestrate-in-,$(subdir-ym))

PHONY += orchestrate-objects $(orchestrate-below)

orchestrate-objects: $(orchestrate-below)
	@$(if $(orchestrate-linked),printf 'object %s\n' $(orchestrate-linked),:)

$(orchestrate-below): orchestrate-in-%:
	+@$(MAKE) -f $(walk) obj=$* \
	need-builtin=$(if $(filter $*/built-in.a,$(subdir-builtin)),1) \
	need-modorder=$(if $(filter $*/modules.order,$(subdir-modorder)),1) \
	orchestrate-objects

.PHONY: $(PHONY)

endif
