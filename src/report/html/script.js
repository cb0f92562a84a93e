"use strict";
// Filters, search, sorting and folding. Without it the page is complete, only longer to read.

// Calls `apply` when what the form asks for may have changed.
const whenAsked = (form, text, choices, apply) => {
  let timer;
  const later = () => { clearTimeout(timer); timer = setTimeout(apply, 150); };
  text.addEventListener("input", later);
  for (const choice of choices) choice.addEventListener("change", apply);
  form.addEventListener("submit", event => { event.preventDefault(); apply(); });
  form.addEventListener("reset", () => setTimeout(apply));
  form.hidden = false;
  apply();
};
const wordsOf = text => text.value.toLowerCase().split(/\s+/).filter(Boolean);

const order = ["", "n/a", "not-applicable", "pass", "compliant", "info", "waived", "warn",
  "not-applicable, with warnings", "compliant, with warnings", "findings", "undetermined", "fail", "error"];
const names = new Intl.Collator("en", {numeric: true});
const compare = (a, b) => {
  const x = order.indexOf(a), y = order.indexOf(b);
  return x >= 0 && y >= 0 ? x - y : names.compare(a, b);
};
const makeSortable = table => {
  const body = table.tBodies[0], rows = [...body.rows];
  table.querySelectorAll("thead th").forEach((head, column, heads) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((row, i) => [row.cells[column].textContent, i, row]);
      keyed.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])) || a[1] - b[1]);
      body.append(...keyed.map(one => one[2]));
    });
  });
};

// A report.
(() => {
  const rows = [...document.querySelectorAll("#table tbody tr")];
  // Installations that say the same share a card.
  const cards = rows.map(row => document.getElementById(
    row.cells[0].firstElementChild.getAttribute("href").slice(1)));
  const form = document.getElementById("filter");
  const [status, check, text, count, fold] =
    ["status", "check", "text", "count", "fold"].map(id => document.getElementById(id));
  if (!form || rows.length === 0) return;

  // What a card says of all of them: not the names, and not what is one's own.
  const cardTexts = new Map();
  const cardText = card => {
    if (!cardTexts.has(card)) {
      const shared = [...card.children].filter(part => !part.matches("h3, .own"));
      cardTexts.set(card, shared.map(part => part.textContent).join(" ").toLowerCase());
    }
    return cardTexts.get(card);
  };
  const texts = [];
  const textOf = i => (texts[i] ??= rows[i].textContent.toLowerCase()) + " " + cardText(cards[i]);

  const apply = () => {
    const words = wordsOf(text);
    let shown = 0;
    const open = new Set();
    rows.forEach((row, i) => {
      const about = cards[i].dataset;
      const fits = (!status.value || about.status === status.value) &&
        (!check.value || about.open.split(" ").includes(check.value)) &&
        words.every(word => textOf(i).includes(word));
      row.hidden = !fits;
      if (!fits) return;
      ++shown;
      open.add(cards[i]);
    });
    for (const card of new Set(cards)) card.hidden = !open.has(card);
    count.textContent = `${shown} of ${rows.length} installations shown`;
  };
  const all = [...document.querySelectorAll("article details")];
  fold.addEventListener("click", () => {
    const open = fold.getAttribute("aria-pressed") !== "true";
    for (const one of all) one.open = open;
    fold.setAttribute("aria-pressed", String(open));
  });

  makeSortable(document.getElementById("table"));

  // A paper has nothing to click on.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all.filter(one => !one.open);
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });

  whenAsked(form, text, [status, check], apply);
})();

// A comparison.
(() => {
  const form = document.getElementById("filter-changes");
  if (!form) return;
  const [check, verdict, text, count] =
    ["check", "verdict", "text", "count"].map(id => document.getElementById(id));
  const tables = [...document.querySelectorAll("table[id^=rows-]")];
  const rows = tables.flatMap(table => [...table.tBodies[0].rows]);
  const texts = [];
  const textOf = i => (texts[i] ??= rows[i].textContent.toLowerCase());
  const apply = () => {
    const words = wordsOf(text);
    let shown = 0;
    const used = new Set();
    rows.forEach((row, i) => {
      const fits = (!check.value || row.cells[2].textContent === check.value) &&
        (!verdict.value || row.cells[1].textContent === verdict.value) &&
        words.every(word => textOf(i).includes(word));
      row.hidden = !fits;
      if (!fits) return;
      ++shown;
      used.add(row.closest("table"));
    });
    for (const table of tables) table.parentElement.hidden = !used.has(table);
    count.textContent = `${shown} of ${rows.length} rows shown`;
  };
  tables.forEach(makeSortable);
  whenAsked(form, text, [check, verdict], apply);
})();
