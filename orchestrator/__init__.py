# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate: boot a patched kernel under QEMU and say what is true of the patch."""

__version__ = "0.1.0"
