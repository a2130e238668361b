// The large view: one picture with its numbers in a modal dialog. It takes the grid's toolbar and paint functions;
// all its data came with the tiles.

const MOST_PIXELS = 900 * 900; // per picture: more takes time without showing more
const GAP = 12; // px between two pictures
const NAME_HEIGHT = 30; // px below each

function createLargeView(grid) {
  const dialog = grid.root.querySelector(".large");
  const names = ["position", "title", "tools", "stage", "pair", "readout", "numbers"];
  const large = Object.fromEntries(names.map((name) => [name, dialog.querySelector(`.large-${name}`)]));
  const [previous, next] = ["previous", "next"].map((name) => dialog.querySelector(`.${name}`));
  Object.assign(large, { dialog, previous, next, pictures: [makeLargePicture(), makeLargePicture()] });
  large.divider = makeDivider();
  large.pair.append(...large.pictures.map((picture) => picture.element), large.divider);
  placeDivider(large, 50);
  const kept = new Map();
  const scratch = (name, width, height) => findScratch(kept, name, width, height, 4);
  large.painter = Object.assign(Object.create(grid), { scratch });
  return large;
}

function makeLargePicture() {
  const picture = makePicture();
  picture.mark = make("span", "point");
  picture.mark.hidden = true;
  picture.frame.append(picture.mark);
  picture.frame.role = "img";
  return picture;
}

function listenToLargeView(grid, signal) {
  const { dialog, stage } = grid.large;
  const close = () => grid.image !== null && closeLargeView(grid);
  dialog.querySelector(".close").addEventListener("click", close, { signal });
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); }, { signal });
  dialog.addEventListener("close", close, { signal }); // the browser may close it without a cancel event
  dialog.querySelector(".like").addEventListener("click", () => {
    const { index } = grid.large.tile.data;
    closeLargeView(grid);
    grid.trigger("like", index);
  }, { signal });
  listenToMoves(grid, signal);
  listenToDivider(grid, signal);
  listenToReadout(grid, signal);
  const tools = grid.root.querySelector(".toolbar");
  tools.addEventListener("pointerup", (event) => {
    const chosen = dialog.open && event.target.closest(".option, .switch, .opacity");
    if (chosen) setTimeout(() => stage.focus({ preventScroll: true })); // so that arrow keys move on
  }, { signal });
}

// Open, close or update the dialog so that it shows `grid.image`.
function syncLargeView(grid) {
  const { large, data } = grid;
  const tile = grid.tiles.get(grid.image);
  if (!tile) return hideLargeView(grid);
  const before = large.tile;
  large.tile = tile;
  large.subject = { data: tile.data, maps: tile.maps, photographs: new Map() };
  for (const picture of large.pictures) picture.kept = null;
  showTitle(large, tile.data, data.strings);
  showPlace(grid);
  large.dialog.querySelector(".like").hidden = !data.large.offersLikeness;
  showNumbers(large.numbers, tile, data);
  if (!large.dialog.open) showLargeView(grid);
  if (before !== tile) large.numbers.scrollTop = 0;
  if (before !== tile) showPoint(grid, null);
  for (const neighbour of [-2, 0]) {
    const near = grid.tiles.get(data.tiles[tile.number + neighbour]?.id);
    if (near) prepare(grid, near);
  }
  refreshColorbars(grid);
  return requestPaint(grid);
}

function showLargeView(grid) {
  const { large, home } = grid;
  home.style.minHeight = `${home.offsetHeight}px`; // the page must not scroll
  large.tools.append(...home.children);
  large.dialog.showModal();
  large.dialog.scrollTop = 0; // the focus may have scrolled it
}

function hideLargeView(grid) {
  const { large, home } = grid;
  if (!large.tile) return;
  const { button } = large.tile;
  large.tile = large.subject = null;
  large.asked = false;
  home.append(...large.tools.children);
  home.style.minHeight = "";
  large.dialog.close();
  button.focus();
  refreshColorbars(grid);
  repaint(grid);
}

function showTitle({ title }, data, strings) {
  const percent = percentOf(data.confidence);
  const { label, predicted } = data;
  const known = data.correct ? strings.large_right : strings.large_wrong;
  const template = data.correct === null ? strings.large_unlabelled : known; // null if unknown
  const mark = make("span", "mark", data.correct ? "✓" : "✗");
  mark.hidden = data.correct === null;
  mark.setAttribute("aria-hidden", "true"); // the sentence says the same
  title.classList.toggle("wrong", data.correct === false);
  title.replaceChildren(mark, make("span", "", fill(template, { label, predicted, percent })));
}

// Return the slots per canvas: one picture, two, or both sides of the divider.
function chooseSides({ overlay, divider }) {
  if (overlay === "both") return [["a"], ["b"]];
  const slots = slotsOf(overlay, false);
  return divider === "on" && slots.length ? [[], slots] : [slots];
}

function nameSide(slots, { strings, sources }) {
  return slots.length ? slots.map((slot) => sources[slot].title).join(" − ") : strings.photograph;
}

// Paint the open picture and describe it in words.
function paintLargeView(grid) {
  const { large, display, data: { strings } } = grid;
  const { tile, subject, pair } = large;
  prepare(grid, tile);
  subject.bitmap = tile.bitmap;
  const sides = chooseSides(display);
  const divided = display.divider === "on" && sides.length === 2;
  const frame = fitFrame(large.stage, tile.data, divided ? 1 : sides.length);
  pair.classList.toggle("divided", divided);
  pair.style.flexDirection = frame.direction;
  large.divider.hidden = !divided;
  large.sideNames = sides.map((slots) => nameSide(slots, grid.data));
  if (divided) describeDivider(large, large.sideNames, strings);
  large.pictures.forEach((picture, at) => {
    picture.element.hidden = at >= sides.length;
    if (picture.element.hidden) return;
    picture.frame.style.cssText = `width:${frame.width}px;height:${frame.height}px`;
    if (tile.bitmap) paintPicture(picture, sides[at], subject, display, large.painter, frame);
    labelPicture(picture, sides[at], tile, grid);
    setText(picture.name, large.sideNames[at]);
    picture.frame.ariaLabel = describeSide(picture, sides[at], tile, grid);
  });
  showPoint(grid, large.point);
}

// Return the size in px of each of `count` pictures: side by side, or stacked if that makes them
// much larger.
function fitFrame({ clientWidth, clientHeight }, { width, height }, count) {
  const fit = (across, down) => {
    const room = (whole, parts) => (whole - GAP * (parts - 1)) / parts;
    const free = { width: room(clientWidth, across), height: room(clientHeight, down) - NAME_HEIGHT };
    return Math.max(Math.min(free.width / width, free.height / height), 0);
  };
  const [row, column] = [fit(count, 1), fit(1, count)];
  const scale = column > 1.2 * row ? column : row;
  const direction = scale === row ? "row" : "column";
  return { width: width * scale, height: height * scale, direction, mostPixels: MOST_PIXELS };
}

function describeSide({ chip }, slots, tile, grid) {
  const { strings, sources } = grid.data;
  const said = slots.map((slot) => {
    const map = mapOf(tile, slot, grid);
    if (!map || !saysWhere(mapStatus(map))) return sources[slot].title;
    const { row, column } = hottestCell(map);
    const place = { row: row + 1, column: column + 1, rows: map.height, columns: map.width };
    return fill(strings.picture, { name: sources[slot].title, value: formatRaw(map.range[1]), ...place });
  });
  return [...(said.length ? said : [strings.photograph]), chip.textContent].filter(Boolean).join(" ");
}
