# SPDX-License-Identifier: GPL-2.0-only
"""Coverage-guided fuzzing of one parser with atheris (extra "fuzz").

    .venv/bin/python tests/fuzz/run.py PARSER [--seconds N] [--corpus DIR]

Starts from the golden files and from what earlier runs found interesting (--corpus, in the
cache). An input that breaks the parser, or takes it more than 10 seconds, is left in
tests/golden/fuzz as PARSER-..., where tests/unit/parse/test_fuzz_findings.py repeats it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris
from platformdirs import user_cache_path

sys.path.insert(0, str(Path(__file__).resolve().parent))

with atheris.instrument_imports(include=["orchestrator.parse"]):
    import targets

DICTIONARY = Path(__file__).with_name("words.dict")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parser", choices=sorted(targets.PARSERS), metavar="PARSER")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long (60)")
    parser.add_argument("--max-len", type=int, default=4096, metavar="N", help="bytes (4096)")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="where inputs are kept")
    options = parser.parse_args()
    corpus = options.corpus or user_cache_path("orchestrate") / "fuzz" / options.parser
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in targets.seeds():
        (corpus / f"seed-{seed.name}").write_bytes(seed.read_bytes())
    targets.FINDINGS.mkdir(parents=True, exist_ok=True)
    flags = [
        f"-max_total_time={options.seconds}",
        f"-max_len={options.max_len}",
        f"-artifact_prefix={targets.FINDINGS}/{options.parser}-",
        f"-dict={DICTIONARY}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], targets.PARSERS[options.parser])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
