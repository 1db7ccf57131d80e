# SPDX-License-Identifier: GPL-2.0-only
"""One mutant through `orchestrate compare`, and what the answer is worth."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from table import Mutant

ORCHESTRATE = Path(sys.executable).with_name("orchestrate")
ROOT = Path(__file__).resolve().parents[2]
# What an answer depends on besides the patch.
PRODUCT = ("orchestrator", "kmod", "rootfs", "kernel-configs")
# compare's own deadlines are minutes; this one is for a compare that does not end.
DEADLINE_S = 1800.0


@dataclass(frozen=True)
class Trial:
    """One answer. word: compare's, or "no answer"; evidence: of the first difference, one line;
    kinds: of all differences; key: what it was made of, see made_of()."""

    name: str
    key: str
    word: str
    evidence: str
    kinds: tuple[str, ...]
    took_s: float
    run_dir: str = ""


def right(mutant: Mutant, trial: Trial) -> bool:
    """Only the expected word counts. A bug that is "broken" did not build, which proves nothing
    of the suites; "unsure" and "infrastructure" are no answers."""
    return trial.word == mutant.expected


def is_answer(trial: Trial) -> bool:
    """False if host or tool failed: such a trial is shown, and made again the next time."""
    return trial.word not in ("infrastructure", "no answer")


def made_of(mutant: Mutant, extra: Sequence[str], product: str) -> str:
    """Digest of all that an answer depends on: an old answer counts only if this is the same."""
    parts = (mutant.name, mutant.patch.read_text(encoding="utf-8"), "\0".join(extra), product)
    return hashlib.sha256("\0\0".join(parts).encode()).hexdigest()[:16]


def product_digest(root: Path = ROOT) -> str:
    """Digest of the files that make the product, by path and content."""
    total = hashlib.sha256()
    for top in PRODUCT:
        for path in sorted((root / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(root)}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def try_mutant(mutant: Mutant, extra: Sequence[str], key: str) -> Trial:
    """Runs compare once. Never raises for what compare does: that is an answer, too."""
    with tempfile.TemporaryDirectory(prefix="orchestrate-mutant-") as folder:
        answer = Path(folder) / "compare.json"
        command = [str(ORCHESTRATE), "compare", "--patch", str(mutant.patch)]
        command += ["--json", str(answer), *extra]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=DEADLINE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            reason = f"compare did not end within {DEADLINE_S:.0f} s"
            return Trial(mutant.name, key, "no answer", reason, (), DEADLINE_S)
        if not answer.is_file():
            last = (done.stderr.strip() or done.stdout.strip() or "said nothing").splitlines()[-1]
            reason = f"exit {done.returncode}: {last}"
            return Trial(mutant.name, key, "no answer", reason, (), 0.0)
        return from_json(mutant.name, key, json.loads(answer.read_text(encoding="utf-8")))


def from_json(name: str, key: str, document: dict[str, Any]) -> Trial:
    """The trial that a compare.json tells of."""
    differences = document["differences"]
    evidence = str(document.get("error") or "").partition("\n")[0]
    if differences:
        first = differences[0]
        evidence = ": ".join(filter(None, (first["kind"], first.get("where", ""), first["title"])))
        if len(differences) > 1:
            evidence += f" (and {len(differences) - 1} more)"
    return Trial(
        name=name,
        key=key,
        word=document["verdict"],
        evidence=evidence,
        kinds=tuple(dict.fromkeys(difference["kind"] for difference in differences)),
        took_s=float(document["took_s"]),
        run_dir=str(document.get("run_dir", "")),
    )


def save(path: Path, trials: Sequence[Trial]) -> None:
    """Replaces the file whole, so that an interrupted run leaves the last good one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps([asdict(trial) for trial in trials], indent=1) + "\n", "utf-8")
    part.replace(path)


def load(path: Path) -> list[Trial]:
    """The trials of earlier runs; none if there is no such file. Raises ValueError for another
    file of that name."""
    if not path.is_file():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Trial(**{**row, "kinds": tuple(row["kinds"])}) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} holds no results of mutants; remove it") from error
