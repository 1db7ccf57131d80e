# SPDX-License-Identifier: GPL-2.0-only
"""Many machines: Dask's client and worker, and the place their artefacts move through."""
