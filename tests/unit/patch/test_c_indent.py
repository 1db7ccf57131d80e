# SPDX-License-Identifier: GPL-2.0-only
"""Code in kernel style, stripped of its indentation and given it back."""

from __future__ import annotations

import pytest
from sample import SOURCE

from orchestrator.patch.c_indent import column
from orchestrator.patch.c_state import CState
from orchestrator.patch.c_tokens import blanks, width


def indented(text: str, state: CState | None = None) -> str:
    state = state or CState()
    lines = []
    for line in text.split("\n"):
        bare = line.strip()
        lines.append(blanks(column(state, bare)) + bare if bare else "")
        state.feed(lines[-1])
    return "\n".join(lines)


def body(text: str) -> str:
    return "int f(int a)\n{\n" + text + "}\n"


CASES = {
    "the sample": SOURCE,
    "else": body("\tif (a)\n\t\tb();\n\telse if (c)\n\t\td();\n\telse\n\t\te();\n\tf();\n"),
    "else after braces": body("\tif (a) {\n\t\tb();\n\t} else {\n\t\tc();\n\t}\n\td();\n"),
    "loops without braces": body("\tfor (;;)\n\t\twhile (a)\n\t\t\tb();\n\tc();\n"),
    "loops that are macros": body("\tfor_each_node(a)\n\t\tb(a);\n\tc();\n"),
    "guards": body("\tscoped_guard(mutex, &lock)\n\t\tb();\n\tc();\n"),
    "do": body("\tdo {\n\t\tb();\n\t} while (a);\n\tc();\n"),
    "switch": body(
        "\tswitch (a) {\n\tcase 1:\n\tcase 2: {\n\t\tint b;\n\n\t\tc(b);\n\t\tbreak;\n\t}\n"
        "\tdefault:\n\t\td();\n\t}\n\te();\n"
    ),
    "labels": body("\ta();\nout_free:\n\tb();\nout: /* last */\n\tc();\n"),
    "a ternary is no label": body("\ta = b ?\n\t\tc : d;\n\te();\n"),
    "below the parenthesis": body("\treturn call(a,\n\t\t    b(c,\n\t\t      d),\n\t\t    e);\n"),
    "an open parenthesis at the end": body("\tcall(\n\t\ta, b);\n\tc();\n"),
    "conditions": body("\tif (a &&\n\t    (b ||\n\t     c))\n\t\td();\n\te();\n"),
    "assignments": body("\tlong_name =\n\t\tcall(a);\n\tb();\n"),
    "initialisers": body(
        "\tstruct x y = {\n\t\t.a = 1,\n\t\t.b = {\n\t\t\t.c = 2,\n\t\t},\n\t};\n\tz();\n"
    ),
    "a compound literal": body("\tcall(&(struct x){\n\t\t.a = 1,\n\t});\n\tb();\n"),
    "arrays": "static int a[] = {\n\t1, 2,\n\t[3] = 4,\n};\n\nint b;\n",
    "enum": "enum x {\n\tA,\n\tB = 2,\n\tC,\n};\n\nint b;\n",
    "a function that returns an enum": "enum x f(int a)\n{\n\tif (a)\n\t\treturn b(a, c);\n}\n",
    "struct": "struct x {\n\tint a:1;\n\tunion {\n\t\tint b;\n\t\tint c;\n\t} u;\n\tint d;\n};\n",
    "names on their own line": "static struct x *\nf(int a,\n  int b)\n{\n\treturn NULL;\n}\n",
    "comments": body("\t/*\n\t * one\n\t *\n\t * two\n\t */\n\ta();\t/* if ( { */\n\tb();\n"),
    "preprocessor": body(
        "#ifdef A\n\tif (b) {\n#else\n\tif (c) {\n#endif\n\t\td();\n\t}\n\te();\n"
    ),
    "macros": "#define A(x)\t\\\ndo {\t\\\n\tb(x);\t\\\n} while (0)\n\nint c;\n",
    "strings": body('\ta("{ ( \\" /*",\n\t  b);\n\tc(\'{\');\n\td();\n'),
    "kernel-doc": "/**\n * f - g\n * @a: b\n */\nint f(void);\n",
    "else around an #endif": body(
        "\tif (a)\n\t\tb();\n\telse\n#ifdef C\n\t\td();\n#endif\n\te();\n"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_kernel_style(name: str) -> None:
    text = CASES[name]
    if name == "macros":  # tabs or the first column: both are kernel style
        text = text.replace("\ndo {", "\n\tdo {").replace("\n\tb(", "\n\t\tb(")
        text = text.replace("\n} while", "\n\t} while")
    assert indented(text) == text


def test_what_the_file_does_goes_before_the_rules() -> None:
    state = CState()
    for line in ("int f(void)", "{", "    int a;"):
        state.feed(line)
    assert column(state, "int b;") == 4


@pytest.mark.parametrize(
    "line",
    ["}}}}", "))]", "\\", "#", "#if", "#else", "#endif", "/*", "*/", '"', "'", "case", ":", "{(["],
)
def test_any_line_is_survived(line: str) -> None:
    state = CState()
    for _ in range(3):
        assert column(state, line) >= 0
        state.feed(line)


def test_columns() -> None:
    assert blanks(20) == "\t\t    "
    assert width("\t\t    ") == 20
