# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of a page in the browser: scripts that look at what it came to."""

from __future__ import annotations

# Text whose contrast with what is behind it is too low: "ratio: text". WCAG 2.1, level AA: 4.5,
# or 3 for large text. Colours are those the browser computed; half-transparent ones are mixed.
LOW_CONTRAST = """
function channels(text) {
	const found = text.match(/[\\d.]+/g).map(Number);
	return text.startsWith("color(") ? [...found.slice(0, 3).map((x) => x * 255), found[3] ?? 1]
		: [found[0], found[1], found[2], found[3] ?? 1];
}
function over(top, below) {
	return [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
}
function light(colour) {
	const [r, g, b] = colour.map((x) => x / 255)
		.map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element) {
	const layers = [];
	for (let each = element; each; each = each.parentElement)
		layers.push(channels(getComputedStyle(each).backgroundColor));
	return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
}
function ratio(one, other) {
	const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
	return (a + 0.05) / (b + 0.05);
}
const low = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
	const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
	if (!text || !element.checkVisibility()) continue;
	const style = getComputedStyle(element), size = parseFloat(style.fontSize);
	const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
	const back = behind(element), found = ratio(over(channels(style.color), back), back);
	if (found < (large ? 3 : 4.5)) low.push(`${found.toFixed(2)}: ${text}`);
}
const marks = ".strip path, .i, .plot .line, .small .line, .nights .f";
for (const mark of document.querySelectorAll(marks)) {
	if (!mark.checkVisibility()) continue;
	const stroke = getComputedStyle(mark).stroke, back = behind(mark.closest("svg").parentElement);
	const found = ratio(over(channels(stroke), back), back);
	if (found < 3) low.push(`${found.toFixed(2)}: ${mark.tagName} ${mark.getAttribute("class")}`);
}
return low;
"""

# How much further than the window the page goes, and what sticks out of it.
TOO_WIDE = """
const page = document.documentElement;
if (page.scrollWidth <= page.clientWidth) return [];
return [...document.querySelectorAll("body *")].filter((each) => {
	const box = each.getBoundingClientRect();
	return box.right > page.clientWidth + 1 && !each.closest(".scroll, .vh");
}).map((each) => each.outerHTML.slice(0, 120)).concat(`${page.scrollWidth}`);
"""

# What the keyboard should come to, in the order of the page.
REACHABLE = """
return [...document.querySelectorAll("a[href], input, summary, [tabindex='0']")]
	.filter((each) => each.checkVisibility()).map((each) => each.outerHTML.slice(0, 300));
"""

# Where the keyboard is: what it is, how it is framed, and whether that can be seen.
FOCUSED = """
const each = document.activeElement, style = getComputedStyle(each);
const box = each.getBoundingClientRect();
return {html: each.outerHTML.slice(0, 300), tag: each.tagName,
	framed: style.outlineStyle != "none" && parseFloat(style.outlineWidth) >= 2,
	seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
"""

MOVING = """
const moving = [...document.querySelectorAll("*")].filter((each) => {
	const style = getComputedStyle(each);
	return style.animationName != "none" || parseFloat(style.transitionDuration) > 0;
});
return [getComputedStyle(document.documentElement).scrollBehavior, moving.length];
"""

HARMED = """
return [typeof window.harmed, document.scripts.length,
	document.querySelectorAll("img, iframe, object, embed, form, base").length,
	[...document.querySelectorAll("a")].filter((each) => each.protocol != "file:").length,
	getComputedStyle(document.querySelector("bdi")).direction];
"""
