# SPDX-License-Identifier: GPL-2.0-only
"""What a history of each revision holds, as the program of then wrote it. Never to be changed.

A new revision adds the rows of its tables, and to EXPECTED what they come to at head.
"""

from __future__ import annotations

from made_nights import BASE, PATCHED, attempt, moment, night, red
from msgspec.structs import replace

from orchestrator.edge.history.rows import cell_digest, digest, microseconds
from orchestrator.model.history import NightRuns

_AT = {n: f"'{moment(0, n)}', {microseconds(moment(0, n))}" for n in range(3)}
_ATTEMPT = "7.3.4', 'k', 'h', 'runs/x', 3.25, NULL, 2.5"

ROWS = {
    "0001": (
        f"INSERT INTO nights VALUES (1, 'N0', 'm', {_AT[0]}, '{moment(0, 60)}')",
        f"INSERT INTO cells VALUES (1, '{cell_digest(BASE)}', 'mine', '', 'numa', 'numa4', '')",
        f"INSERT INTO cells VALUES (2, '{cell_digest(PATCHED)}', 'mine', 'fix', 'numa', 'numa4', "
        "'')",
        "INSERT INTO night_cells VALUES (1, 1, 0, FALSE), (1, 2, 1, FALSE)",
        f"INSERT INTO attempts VALUES (1, 'A', 1, 1, 1, {_AT[1]}, 'pass', NULL, '{_ATTEMPT}, '')",
        f"INSERT INTO attempts VALUES (2, 'B', 1, 2, 1, {_AT[2]}, 'fail', 'kernel', '{_ATTEMPT}, "
        "'WARNING in f')",
        f"INSERT INTO tests VALUES (1, '{digest('s.one')}', 's.one')",
        f"INSERT INTO tests VALUES (2, '{digest('s.two')}', 's.two')",
        "INSERT INTO results VALUES (1, 1, 0, 'pass', 0.125), (1, 2, 1, 'skip', NULL)",
        "INSERT INTO results VALUES (2, 1, 0, 'fail', 0.5), (2, 2, 1, 'none', NULL)",
    ),
    "0002": (
        "INSERT INTO signatures VALUES (1, 'bbbbbbbbbbbb', 'WARNING in f')",
        "INSERT INTO signatures VALUES (2, 'aaaaaaaaaaaa', 'x')",
        "INSERT INTO sightings VALUES (2, 1, 0), (2, 2, 1)",
    ),
    "0003": (
        "INSERT INTO findings VALUES (2, 0, 'WARNING in f'), (2, 1, 'x'), (2, 2, 's.one failed')",
    ),
}

_failed = red("B", cell=PATCHED, started_at=moment(0, 2))
EXPECTED = {
    "0001": NightRuns(night(), (attempt("A"), replace(_failed, signatures=(), titles=()))),
    "0002": NightRuns(night(), (attempt("A"), replace(_failed, titles=()))),
    "0003": NightRuns(night(), (attempt("A"), _failed)),
}
