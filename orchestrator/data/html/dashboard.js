"use strict";
/* A box that leaves only the rows with all words that are typed. Without this all are there. */
for (const box of document.querySelectorAll(".filter")) {
	const input = box.querySelector("input"), said = box.querySelector("[role=status]");
	const rows = [...document.querySelectorAll(box.dataset.rows)];
	const texts = rows.map((row) => row.textContent.toLowerCase());
	const apply = () => {
		const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
		let left = 0;
		rows.forEach((row, n) => {
			row.hidden = !words.every((word) => texts[n].includes(word));
			left += row.hidden ? 0 : 1;
		});
		said.textContent = words.length ? `${left} of ${rows.length} shown` : "";
	};
	input.addEventListener("input", apply);
	box.hidden = false;
	apply();
}
