// The table of a verdict. Streamlit calls the default export again when data changes.

export default function showVerdictTable({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector(".verdict-table table");
  const body = element("tbody");
  body.append(...data.rows.map((row) => buildRow(row, data.columns)));
  table.replaceChildren(buildHead(data), body);
  table.onclick = (event) => {
    const cell = event.target.closest("td[data-column]");
    if (cell) setTriggerValue("chosen", { row: cell.dataset.row, column: cell.dataset.column });
  };
}

function buildHead({ columns, corner }) {
  const head = element("thead");
  const groups = element("tr");
  const names = element("tr");
  groups.append(element("th", "row-name"));
  names.append(element("th", "row-name", corner));
  columns.forEach((column, at) => {
    const first = column.group !== columns[at - 1]?.group;
    if (first) {
      const group = element("th", "group first", column.group);
      group.colSpan = columns.filter((other) => other.group === column.group).length;
      groups.append(group);
    }
    const breakable = keepTogether(column.title.replace(/([a-z])([A-Z])/g, "$1\u200b$2"));
    const name = element("th", classes({ first, chosen: column.chosen }), breakable);
    name.title = column.help;
    name.append(...column.notes.map((note) => element("small", "", note)));
    names.append(name);
  });
  head.append(groups, names);
  return head;
}

function buildRow(row, columns) {
  const line = element("tr", classes({ quiet: row.quiet, chosen: row.chosen }));
  line.append(element("th", "row-name", keepTogether(row.title)));
  if (row.note) {
    const note = element("td", "note");
    note.colSpan = columns.length;
    note.append(element("span", "", row.note));
    line.append(note);
    return line;
  }
  row.cells.forEach((cell, at) => {
    const first = columns[at].group !== columns[at - 1]?.group;
    const chosen = columns[at].chosen;
    const place = element("td", classes({ first, chosen, best: cell.before }));
    Object.assign(place.dataset, { row: row.id, column: columns[at].id });
    place.title = cell.meaning;
    const value = element("b", "", cell.value);
    if (cell.before) value.prepend(element("i", "star", cell.before));
    if (cell.after) value.append(element("i", cell.after === "▲" ? "up" : "down", cell.after));
    place.append(value, ...cell.notes.map((note) => element("small", "", note)));
    line.append(place);
  });
  return line;
}

// Let a line break before parentheses, not inside.
function keepTogether(title) {
  return title.replace(/\([^)]*\)/g, (part) => `\u200b${part.replaceAll(" ", "\u00a0")}`);
}

function element(name, css = "", text = "") {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text) made.textContent = text;
  return made;
}

function classes(flags) {
  return Object.keys(flags).filter((name) => flags[name]).join(" ");
}
