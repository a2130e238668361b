// The matrix: true classes in rows, predicted ones in columns, a field per occurring pair. A field is 1 unit wide.

const MOST_NAMED = 24; // with more classes, names don't fit beside rows and columns
const FAINTEST = 0.14; // a single image stays visible
const STRONG = 0.6; // above this the number takes the background colour

function buildMatrix(root, view) {
  const { names, cells } = view.data;
  const svg = root.querySelector(".matrix");
  const few = names.length <= MOST_NAMED;
  svg.setAttribute("viewBox", `0 0 ${names.length} ${names.length}`);
  svg.setAttribute("aria-label", `${view.strings.matrix}. ${view.strings.matrix_help}`);
  svg.replaceChildren(
    shape("rect", { width: names.length, height: names.length }, "ground"),
    ...cells.map((cell) => buildField(cell, view, few ? 0.04 : 0)),
    ...(few ? cells.map((cell) => buildCount(cell, view)) : []),
    ...["row", "column", "cursor"].map((css) => shape("rect", { width: 0, height: 0 }, css)),
  );
  root.querySelector(".confusion").classList.toggle("few", few);
  for (const axis of ["rows", "columns"]) {
    const place = root.querySelector(`.names.${axis}`);
    place.replaceChildren(...(few ? names.map((name) => element("span", "", name)) : []));
  }
  listenToMatrix(svg, root, view);
}

function strength([label, , count], { images }) {
  return FAINTEST + (1 - FAINTEST) * Math.sqrt(count / images[label]);
}

function buildField(cell, view, gap) {
  const [label, predicted] = cell;
  const side = 1 - 2 * gap;
  const place = { x: predicted + gap, y: label + gap, width: side, height: side, rx: gap * 2 };
  const css = label === predicted ? "right" : "wrong";
  return shape("rect", { ...place, "fill-opacity": strength(cell, view.data).toFixed(3) }, css);
}

function buildCount(cell, view) {
  const [label, predicted, count] = cell;
  const css = strength(cell, view.data) > STRONG ? "strong" : "";
  const text = shape("text", { x: predicted + 0.5, y: label + 0.5 }, css);
  text.textContent = count;
  return text;
}

function listenToMatrix(svg, root, view) {
  const { names, cells } = view.data;
  const counts = new Map(cells.map(([label, predicted, count]) => [`${label} ${predicted}`, count]));
  const readout = root.querySelector(".readout");
  let at = null; // [label, predicted] of the active field
  const read = (next) => {
    at = next;
    const count = at ? (counts.get(at.join(" ")) ?? 0) : 0;
    showCursor(svg, at, names.length);
    svg.style.cursor = count ? "pointer" : "default";
    readout.textContent = at ? describeField(at, count, view) : view.strings.hint;
    readout.classList.toggle("empty", !at);
  };
  const open = () => at && counts.has(at.join(" ")) && view.open(...at);
  const under = (event) => {
    const box = svg.getBoundingClientRect();
    const place = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    return place.map((share) => Math.min(Math.max(Math.floor(share * names.length), 0), names.length - 1));
  };
  svg.onpointermove = (event) => read(under(event));
  svg.onpointerleave = () => read(null);
  svg.onclick = (event) => {
    read(under(event));
    open();
  };
  svg.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter") open();
    if (!step) return;
    event.preventDefault();
    read(at ? at.map((place, axis) => Math.min(Math.max(place + step[axis], 0), names.length - 1)) : [0, 0]);
  };
  svg.onblur = () => read(null);
  read(null);
}

function showCursor(svg, at, classes) {
  const [label, predicted] = at ?? [0, 0];
  const places = {
    row: { x: 0, y: label, width: classes, height: 1 },
    column: { x: predicted, y: 0, width: 1, height: classes },
    cursor: { x: predicted, y: label, width: 1, height: 1 },
  };
  for (const [css, place] of Object.entries(places)) {
    const rect = svg.querySelector(`.${css}`);
    for (const [key, value] of Object.entries(at ? place : { width: 0, height: 0 })) rect.setAttribute(key, value);
  }
}

function describeField([label, predicted], count, { data: { names, images }, strings }) {
  const share = images[label] ? count / images[label] : 0;
  const percent = count && share < 0.01 ? "< 1%" : `${Math.round(100 * share)}%`;
  const values = { true: names[label], predicted: names[predicted], count, images: images[label], percent };
  return fill(strings.cell, values);
}
