"use strict";
// Click on a header: sort by that column; click again: the other way round. Empty cells go last.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const header = button.parentElement;
    const table = header.closest("table");
    const column = header.cellIndex;
    const isText = column === 0;
    const before = header.getAttribute("aria-sort");
    const down = before ? before === "ascending" : !isText;
    for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.order;
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const difference = isText ? a.localeCompare(b) : Number(a) - Number(b);
      return down ? -difference : difference;
    });
    table.tBodies[0].append(...rows);
  });
}
