# SPDX-License-Identifier: GPL-2.0-only
"""A mail archive's HTML page → its text. White space counts inside <pre> only."""

from __future__ import annotations

import re
from html.parser import HTMLParser

NOTE = "HTML"
_LOOKS = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|pre)\b", re.I | re.S)
_BLOCKS = re.compile(
    "address|article|blockquote|body|br|center|d[dlt]|div|footer|form|h[1-6r]|head|header|html"
    "|li|main|nav|[ou]l|p|pre|section|table|t[dhr]|title"
)
_HIDDEN = frozenset({"script", "style", "template", "textarea", "select", "noscript"})
_NAMES = (
    f"{_BLOCKS.pattern}|a|abbr|b|base|big|button|cite|code|col|em|font|i|img|input|kbd|label|link"
    "|meta|nobr|noscript|option|q|s|samp|script|select|small|span|strong|style|sub|sup|tbody"
    "|template|textarea|tfoot|thead|time|tt|u|var|wbr"
)
_MARKUP = re.compile(rf"(</?(?:{_NAMES})(?:[\s/][^<>]{{0,500}})?>)|<[!?][^<>]{{0,500}}>|(<)", re.I)
_DIFF = re.compile(r"^(?:diff --git |--- \S)", re.MULTILINE)


def is_html(data: bytes) -> bool:
    """Does it begin as an HTML document does? A diff of one does not."""
    return bool(_LOOKS.match(data[:4096].removeprefix(b"\xef\xbb\xbf")))


def page_text(source: str) -> str:
    """The page's text, entities replaced, tags gone.

    If a <pre> holds a diff, what follows that <pre> is the archive's and left out.
    """
    page = _Page()
    page.feed(_safe(source))
    page.close()
    return page.text()


def _safe(source: str) -> str:
    """source with tags of HTML alone; every other "<" is text.

    So what an archive left unescaped (<linux/kthread.h>, <name@host>) is not lost, and Python
    3.11's parser gets nothing it raises on or spends quadratic time with.
    """
    kept = []
    at = 0
    while (start := source.find("<!--", at)) >= 0:
        kept.append(source[at:start])
        end = source.find("-->", start + 4)
        at = end + 3 if end >= 0 else len(source)
    plain = "".join([*kept, source[at:]])
    return _MARKUP.sub(lambda match: match[1] or ("&lt;" if match[2] else ""), plain)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.pre_depth = 0
        self.pre_start = 0  # index in pieces
        self.ends_at: int | None = None  # behind the first <pre> with a diff
        self.hidden = 0
        self.fresh_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.hidden += 1
        if tag == "br" or (_BLOCKS.fullmatch(tag) and not self.pre_depth):
            self.pieces.append("\n")
        if tag == "pre":
            self.pre_depth += 1
            self.fresh_pre = True  # HTML drops a newline right behind <pre>
            if self.pre_depth == 1:
                self.pre_start = len(self.pieces)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        if tag == "pre" and self.pre_depth:
            self.pre_depth -= 1
            if not self.pre_depth and self.ends_at is None and self._has_diff():
                self.ends_at = len(self.pieces)
        if _BLOCKS.fullmatch(tag) and not self.pre_depth:
            self.pieces.append("\n")

    def _has_diff(self) -> bool:
        return bool(_DIFF.search("".join(self.pieces[self.pre_start :])))

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        if not self.pre_depth:
            data = re.sub(r"[ \t\r\n\f]+", " ", data)
        elif self.fresh_pre:
            data = data.removeprefix("\r").removeprefix("\n")
        self.fresh_pre = False
        self.pieces.append(data)

    def text(self) -> str:
        return "".join(self.pieces[: self.ends_at])
