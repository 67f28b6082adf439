/** On narrow screens a row is a card: each cell then needs its column's heading beside it. */
export function tables(root) {
  for (const table of root.querySelectorAll("table.sheet:not(.keep)")) labelCells(table);
}

function labelCells(table) {
  const headings = [...table.querySelectorAll("thead th")].map((heading) => (heading.querySelector(".visually-hidden") ? "" : heading.textContent.trim()));
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.cells].forEach((cell, index) => {
      if (headings[index] && cell.tagName === "TD" && cell.textContent.trim()) cell.dataset.label = headings[index];
    });
  }
}
