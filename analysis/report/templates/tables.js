"use strict";
const RESULTS = JSON.parse(document.getElementById("results").textContent);
document.documentElement.classList.remove("nojs");
const asked = location.hash && document.getElementById(location.hash.slice(1));
for (const fold of document.querySelectorAll("details")) fold.open = Boolean(asked && fold.contains(asked));
const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const typeset = (text) =>
  String(text).replace(/(^|[^\w.-])-(?=\d)/g, "$1\u2212").replace(/(\d) (?=%|bn\b|m\b)/g, "$1\u00a0");
const save = (name, type, content) => {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const csvOf = (table) => {
  const quote = (value) => {
    const text = value === null ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [table.columns.map((column) => column[0]), ...table.rows];
  return lines.map((line) => line.map(quote).join(",")).join("\n") + "\n";
};
const placeOf = (table, row, column) => {
  const odd = table.odd && table.odd[`${row},${column}`];
  if (odd) return odd;
  const [, , , file, name] = table.columns[column];
  if (file === undefined || table.rows[row][column] === null) return "";
  const line = typeof table.lines === "number" ? table.lines + row : table.lines[row][file];
  return line === null ? "" : `${table.files[file]}, line ${line}, ${name}`;
};
const grouped = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const WRITE = {
  text: String,
  whole: (value) => String(Number(value.toPrecision(6))),
  percent: (value) => `${(100 * value).toFixed(2)} %`,
  number: (value) => value.toFixed(2),
  p: (value) => (value < 1e-4 ? "<0.0001" : value.toFixed(4)),
  bn: (value) => `${grouped(value / 1e9, 1)} bn`,
};
const PRESETS = { short: "Short", returns: "Returns", money: "Money", tests: "Tests", all: "All columns" };

function buildRows(table, body) {
  const rows = document.createDocumentFragment();
  table.rows.forEach((values, at) => {
    const row = make("tr");
    if (table.marked === at) row.className = "lead";
    values.forEach((value, column) => {
      const [, kind, numeric] = table.columns[column];
      const format = table.formats[column];
      const text = value === null ? "-" : Array.isArray(format) ? format[at] : WRITE[format](value);
      const cell = make(column ? "td" : "th", { textContent: typeset(text) });
      cell.className = `c-${kind} ${numeric ? "n" : "text"}`;
      if (!column) cell.scope = "row";
      row.append(cell);
    });
    rows.append(row);
  });
  body.append(rows);
}

function equip(box) {
  const table = RESULTS.tables.find((one) => one.id === box.dataset.table);
  const shown = box.querySelector("table");
  const body = shown.tBodies[0];
  const heads = Array.from(shown.tHead.rows[0].cells);
  if (table.formats) buildRows(table, body);
  const rows = Array.from(body.rows);
  const numbers = new Map(rows.map((row, at) => [row, at]));
  const scroll = box.querySelector(".scroll");
  const bar = make("div", { className: "bar" });
  const where = make("p", { className: "where", textContent: "Choose a number to see where it stands." });
  where.setAttribute("role", "status");
  box.querySelector(".head").after(bar);
  scroll.after(where);

  heads.forEach((head, column) => {
    const button = make("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => table.rows[numbers.get(row)][column];
      rows.sort((one, two) => {
        const [a, b] = [value(one), value(two)];
        if (a === null || b === null) return (a === null) - (b === null);
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
        return up ? order : -order;
      });
      body.append(...rows);
    });
  });

  if (rows.length > 7) {
    const search = make("input", { type: "search", placeholder: "Search" });
    search.setAttribute("aria-label", `Search ${table.caption}`);
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      let found = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        found += !row.hidden;
      }
      where.textContent = wanted ? `${found} of ${rows.length} rows hold “${search.value.trim()}”.` : "";
    });
    bar.append(search);
  }
  const kinds = new Set(table.columns.map((column) => column[1]));
  if (table.columns.length > 8 && kinds.size > 2) {
    const group = make("span", { className: "bar" });
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Columns");
    const choose = (preset) => {
      shown.className = preset === "all" ? "" : `only-${preset}`;
      for (const button of group.children) button.setAttribute("aria-pressed", String(button.value === preset));
      edges();
    };
    for (const [preset, words] of Object.entries(PRESETS)) {
      if (!["short", "all"].includes(preset) && !kinds.has(preset)) continue;
      const button = make("button", { type: "button", value: preset, textContent: words });
      button.addEventListener("click", () => choose(preset));
      group.append(button);
    }
    bar.append(group);
    setTimeout(() => choose("short"));
  }
  const csv = make("button", { type: "button", className: "csv", textContent: "CSV" });
  csv.setAttribute("aria-label", `Save ${table.caption} as CSV`);
  csv.addEventListener("click", () => save(`${table.id}.csv`, "text/csv", csvOf(table)));
  bar.append(csv);

  const tell = (cell) => {
    const row = numbers.get(cell.parentElement);
    if (row === undefined) return;
    const value = table.rows[row][cell.cellIndex];
    const place = placeOf(table, row, cell.cellIndex);
    where.textContent = place ? `${value}: ${place}` : "";
  };
  const go = (cell) => {
    const old = body.querySelector("[tabindex='0']");
    if (old) old.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  };
  body.addEventListener("click", (event) => {
    const cell = event.target.closest("td, th");
    if (cell) tell(cell);
  });
  body.addEventListener("focusin", (event) => {
    const cell = event.target.closest("td, th");
    if (cell) tell(cell);
  });
  body.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td, th");
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const seen = rows.filter((row) => !row.hidden);
    let row = seen.indexOf(cell.parentElement) + step[0];
    let column = cell.cellIndex + step[1];
    const next = () => seen[row] && seen[row].cells[column];
    while (next() && getComputedStyle(next()).display === "none") column += step[1];
    if (next()) go(next());
  });
  if (body.rows.length) body.rows[0].cells[0].tabIndex = 0;

  const edges = () => {
    scroll.classList.toggle("more-left", scroll.scrollLeft > 2);
    scroll.classList.toggle("more-right", scroll.scrollLeft + scroll.clientWidth < scroll.scrollWidth - 2);
  };
  scroll.addEventListener("scroll", edges, { passive: true });
  new ResizeObserver(edges).observe(scroll);
}

const equipped = new WeakSet();
const equipVisible = (root) => {
  for (const box of root.querySelectorAll(".table[data-table]")) {
    if (equipped.has(box) || box.closest("details:not([open])")) continue;
    equipped.add(box);
    equip(box);
  }
};
equipVisible(document);
document.addEventListener("toggle", (event) => event.target.open && equipVisible(event.target), true);

for (const link of document.querySelectorAll('a[href^="#"]')) {
  link.addEventListener("click", () => {
    const target = document.getElementById(link.hash.slice(1));
    for (let fold = target; fold; fold = fold.parentElement) if (fold.tagName === "DETAILS") fold.open = true;
  });
}
const folds = [];
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details.keep, details#tables, details#method")) {
    if (!fold.open) folds.push(fold);
    fold.open = true;
  }
});
addEventListener("afterprint", () => folds.splice(0).forEach((fold) => (fold.open = false)));
const current = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const link = document.querySelector(`nav.contents a[href="#${entry.target.id}"]`);
    if (link && entry.isIntersecting) {
      document.querySelectorAll("nav.contents a[aria-current]").forEach((old) => old.removeAttribute("aria-current"));
      link.setAttribute("aria-current", "true");
    }
  }
}, { rootMargin: "0px 0px -70% 0px" });
document.querySelectorAll("main h2[id]").forEach((head) => current.observe(head));
