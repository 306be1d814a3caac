"use strict";
const exact = (cell) => {
  const time = cell.querySelector("time");
  if (time) return time.getAttribute("datetime");
  if (cell.dataset.v !== undefined) return cell.dataset.v;
  return cell.classList.contains("number") ? cell.textContent.replaceAll(",", "") : cell.textContent;
};
for (const table of document.querySelectorAll("table.rows")) {
  const [head, body] = [table.tHead.rows[0], table.tBodies[0]];
  const note = body.querySelector(".hidden");
  const rows = [...body.rows].filter((row) => row !== note);
  const place = note ? [...body.rows].indexOf(note) : rows.length;
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (row) => [...row.cells].map((cell) => quoted(exact(cell))).join(",") + "\n";
  const csv = () => line(head) + rows.map(line).join("");
  const names = [...head.cells].map(exact);
  const value = (cell) => {
    const text = exact(cell);
    if (cell.querySelector("time")) return Date.parse(text);
    return cell.classList.contains("number") ? (text === "" ? null : Number(text)) : text;
  };
  const sort = (at, direction) => {
    const values = new Map(rows.map((row) => [row, value(row.cells[at])]));
    // What is empty comes last, whichever way.
    const empty = (a, b) => direction * ((a === null) - (b === null));
    const order = (a, b) => (a === null || b === null ? empty(a, b) : a < b ? -1 : a > b ? 1 : 0);
    const sorted = direction ? [...rows].sort((a, b) => direction * order(values.get(a), values.get(b))) : rows;
    body.replaceChildren(...sorted.slice(0, place), ...(note ? [note] : []), ...sorted.slice(place));
    [...head.cells].forEach((cell, other) => {
      const is = other === at && direction;
      cell.setAttribute("aria-sort", is ? (direction > 0 ? "ascending" : "descending") : "none");
    });
  };
  [...head.cells].forEach((cell, at) => {
    cell.dataset.v = names[at];
    const button = document.createElement("button");
    button.append(...cell.childNodes);
    const first = cell.classList.contains("number") ? -1 : 1;
    button.onclick = () => {
      const now = { ascending: 1, descending: -1 }[cell.getAttribute("aria-sort")] || 0;
      sort(at, now === 0 ? first : now === first ? -first : 0);
    };
    cell.append(button);
  });
  const save = document.createElement("button");
  save.className = "save";
  save.textContent = table.dataset.rows ? `Save these ${table.dataset.rows} rows as CSV` : "Save as CSV";
  save.onclick = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = table.dataset.name.replace(/[^\p{L}\p{N}._-]+/gu, "-") + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  table.csv = csv;
  table.parentElement.before(save);
}
for (const picture of document.querySelectorAll(".windrow-picture")) {
  const bars = [...picture.querySelectorAll(".bar")];
  bars.forEach((bar, at) => bar.setAttribute("tabindex", at ? "-1" : "0"));
  picture.addEventListener("keydown", (event) => {
    const at = bars.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    if (!bars[to]) return;
    bars[at].setAttribute("tabindex", "-1");
    bars[to].setAttribute("tabindex", "0");
    bars[to].focus();
  });
}
