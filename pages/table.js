// Tables whose rows can be sorted (data-sorted) and filtered (data-filter="what by"). A row is a <tbody>; the lines of
// its data-kinds are what it is found by.

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const words = head.textContent;
    if (!words) return;
    head.replaceChildren(button(words, () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = body => body.rows[0].cells[column].dataset.value ?? body.rows[0].cells[column].textContent;
      table.append(...[...table.tBodies].sort((one, other) => (down ? -1 : 1) * compared(key(one), key(other))));
    }, { class: "sort" }));
  });
}

// Numbers by their size, words by the alphabet; what is empty comes last.
function compared(one, other) {
  if (!one.trim() || !other.trim()) return (one.trim() ? 0 : 1) - (other.trim() ? 0 : 1);
  const numbers = [one, other].map(words => Number(words.replace("\u2212", "-").replace(/ ?%$| ±.*$/, "")));
  return numbers.some(Number.isNaN) ? one.localeCompare(other) : numbers[0] - numbers[1];
}

function filterable(table) {
  const label = table.dataset.filter;
  const bodies = [...table.tBodies];
  const count = new Map();
  const kindsOf = body => (body.dataset.kinds ?? "").split("\n").filter(Boolean);
  for (const kind of bodies.flatMap(kindsOf)) count.set(kind, (count.get(kind) ?? 0) + 1);
  const kinds = [...count].sort((one, other) => other[1] - one[1]);
  const said = element("output", { "aria-live": "polite" });
  const show = chosen => {
    for (const body of bodies) body.hidden = chosen !== "all" && !kindsOf(body).includes(kinds[chosen][0]);
    const shown = bodies.filter(body => !body.hidden).length;
    said.textContent = `${shown} of ${bodies.length} shown`;
  };
  const choices = kinds.map(([kind, number], i) => [String(i), `${kind} (${number})`]);
  const { labelled } = choice(label, [["all", `all (${bodies.length})`], ...choices], "all", show);
  table.parentElement.before(element("p", { class: "filter" }, labelled, " ", said));
  show("all");
}

for (const table of document.querySelectorAll("table[data-filter]")) filterable(table);
for (const table of document.querySelectorAll("table[data-sorted]")) sortable(table);
