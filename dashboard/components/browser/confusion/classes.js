// The table of classes, sorted by any column, and the list of the most frequent mistakes.

const COLUMNS = ["class", "images", "accuracy", "taken_for", "confidence"];

function buildMistakes(root, view) {
  const { names, mistakes } = view.data;
  const items = mistakes.map(([label, predicted, count]) => {
    const item = element("li");
    const words = fill(view.strings.mistake, { true: names[label], predicted: names[predicted] });
    item.append(link(words, label, predicted, view), element("span", "count", String(count)));
    return item;
  });
  root.querySelector(".mistakes ol").replaceChildren(...items);
  root.querySelector(".mistakes .none").hidden = items.length > 0;
}

// `view.order` is the sort column and its direction; null means natural order by name.
function buildTable(root, view) {
  const rows = [...view.data.classes];
  if (view.order) rows.sort((one, other) => compare(sortValue(one, view), sortValue(other, view), view.order.down));
  const [head, body] = [element("thead"), element("tbody")];
  const line = element("tr");
  line.append(...COLUMNS.map((column) => buildHead(column, root, view)));
  head.append(line);
  body.append(...rows.map((row) => buildRow(row, view)));
  root.querySelector("table").replaceChildren(head, body);
}

function buildHead(column, root, view) {
  const place = element("th", column);
  const button = element("button", "", view.strings[column]);
  const sorted = view.order?.column === column;
  place.scope = "col";
  place.ariaSort = sorted ? (view.order.down ? "descending" : "ascending") : "none";
  button.title = fill(view.strings.sort, { column: view.strings[column] });
  button.onclick = () => {
    view.order = { column, down: sorted && !view.order.down };
    buildTable(root, view);
    root.querySelector(`th.${column} button`).focus();
  };
  place.append(button);
  return place;
}

function buildRow(row, view) {
  const { names } = view.data;
  const line = element("tr");
  const name = element("th", "class");
  name.scope = "row";
  name.append(row.images ? link(names[row.label], row.label, null, view) : element("span", "", names[row.label]));
  const accuracy = element("td", "accuracy");
  if (row.images) accuracy.append(buildBar(row), element("b", "", row.accuracy_text), element("small", "", row.interval));
  const taken = element("td", "taken_for");
  if (row.taken_for !== null) {
    const words = fill(view.strings.count, { name: names[row.taken_for], count: row.taken_count });
    taken.append(link(words, row.label, row.taken_for, view));
  }
  line.append(name, element("td", "images", String(row.images)), accuracy, taken, element("td", "confidence", row.confidence_text));
  return line;
}

// A bar for the accuracy, and its interval.
function buildBar({ accuracy, low, high }) {
  const bar = element("span", "bar");
  for (const [css, start, end] of [["share", 0, accuracy], ["interval", low, high]]) {
    const part = element("i", css);
    Object.assign(part.style, { left: `${100 * start}%`, width: `${100 * (end - start)}%` });
    bar.append(part);
  }
  return bar;
}

function sortValue(row, { order: { column }, data: { names } }) {
  if (column === "class") return names[row.label];
  if (column === "taken_for") return row.taken_count;
  return row[column];
}

// Missing values come last in both directions.
function compare(one, other, down) {
  if (one === null || other === null) return (one === null) - (other === null);
  const result = typeof one === "string" ? one.localeCompare(other, undefined, { numeric: true }) : one - other;
  return down ? -result : result;
}
