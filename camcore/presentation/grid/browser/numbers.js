// The numbers beside a large picture: most probable classes, heat off the object, distances between both maps.

function showNumbers(container, { data }, { strings, sources, large }) {
  const parts = [makeClasses(data.top, strings)];
  const titles = Object.entries(data.offObject).map(([slot, shares]) => [sources[slot].title, "", shares]);
  if (titles.some(([, , shares]) => shares.some((share) => share !== null))) {
    parts.push(makeTable(strings.off_object, `${strings.off_object_help} ${strings.of_predicted}`, titles, strings));
  }
  const rows = large.measures.filter(([name]) => name in data.distances);
  if (rows.length) {
    const named = rows.map(([name, title, meaning]) => [title, meaning, data.distances[name]]);
    const table = makeTable(strings.distances, strings.of_predicted, named, strings);
    if (large.sameByTheory) table.append(make("p", "theory", strings.identical));
    parts.push(table);
  }
  if (data.path) parts.push(makePath(data.path, strings));
  container.replaceChildren(...parts.filter(Boolean));
}

function makeSection(title, help = "") {
  const section = make("section");
  section.append(make("h3", "", title));
  if (help) section.append(make("p", "help", help));
  return section;
}

function makeClasses(top, strings) {
  if (!top.length) return null;
  const list = make("ol", "classes");
  for (const [name, share, isRight] of top) {
    const [item, bar] = [make("li", isRight ? "is-right" : ""), make("span", "bar")];
    const title = make("span", "class-name", name);
    title.title = name; // long names are cut off
    if (isRight) {
      const mark = make("span", "tick", "✓");
      mark.role = "img";
      mark.ariaLabel = strings.right_class;
      title.append(" ", mark);
    }
    bar.style.setProperty("--share", `${100 * share}%`);
    item.append(title, bar, make("span", "number", formatShare(share)));
    list.append(item);
  }
  const section = makeSection(strings.classes);
  section.append(list);
  return section;
}

// `rows` are [title, meaning, share per convention].
function makeTable(title, help, rows, strings) {
  const [table, head] = [make("table"), make("tr")];
  head.append(make("td"), ...["literature", "positive"].map((name) => makeHeading("col", strings[`draw_${name}`])));
  table.append(head);
  for (const [name, meaning, shares] of rows) {
    const row = make("tr", meaning ? "explained" : "");
    row.append(makeHeading("row", name), ...shares.map((share) => make("td", "number", formatShare(share))));
    table.append(row);
    if (!meaning) continue;
    const [below, cell] = [make("tr", "meaning"), make("td", "", meaning)];
    cell.colSpan = 1 + shares.length;
    below.append(cell);
    table.append(below);
  }
  const section = makeSection(title, help);
  section.append(table);
  return section;
}

function makeHeading(scope, text) {
  const heading = make("th", "", text);
  heading.scope = scope;
  return heading;
}

function makePath(path, strings) {
  const section = makeSection(strings.file);
  section.append(make("code", "path", path));
  return section;
}

function formatShare(share) {
  return share === null ? "–" : `${Math.round(100 * share)}%`;
}
