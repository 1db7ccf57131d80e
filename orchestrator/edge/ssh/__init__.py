# SPDX-License-Identifier: GPL-2.0-only
"""SSH into a guest that runs: keys of one run, a way to its sshd, shells, commands and copies."""
