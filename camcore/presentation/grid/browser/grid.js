// The grid synchronises tiles, display and toolbar. Streamlit calls the default export again when data changes.

const grids = new WeakMap(); // the element that Streamlit gives -> its grid

export default function showHeatmapGrid(component) {
  const { data, parentElement, setTriggerValue } = component;
  const grid = grids.get(parentElement) ?? createGrid(parentElement);
  grids.set(parentElement, grid);
  grid.trigger = setTriggerValue;
  const call = (grid.call = {}); // Streamlit may clean up an old call after a newer one has begun
  updateGrid(grid, data);
  return () => {
    if (grid.call !== call) return;
    grid.stop.abort();
    for (const tile of grid.tiles.values()) forgetPhotograph(tile);
    grids.delete(parentElement);
  };
}

function createGrid(parentElement) {
  const root = parentElement.querySelector(".heatmap-grid");
  const stop = new AbortController();
  const { signal } = stop;
  const [list, home] = [root.querySelector(".tiles"), root.querySelector(".tools-home")];
  const grid = { root, list, home, tiles: new Map(), tables: {}, revision: 0, stop, image: null };
  grid.commonRange = (slot) => commonRange(grid, slot);
  const kept = new Map();
  grid.scratch = (name, width, height) => findScratch(kept, name, width, height);
  grid.change = (changes) => change(grid, changes);
  grid.large = createLargeView(grid);
  grid.seen = new IntersectionObserver((entries) => noteVisible(grid, entries));
  const resized = new ResizeObserver(() => fitToPage(grid));
  resized.observe(grid.list);
  resized.observe(grid.large.stage);
  signal.addEventListener("abort", () => [grid.seen, resized].forEach((observer) => observer.disconnect()));
  signal.addEventListener("abort", () => cancelAnimationFrame(grid.frameRequest));
  listenToToolbar(grid, grid.change, signal);
  listenToTiles(grid, signal);
  listenToLargeView(grid, signal);
  return grid;
}

function updateGrid(grid, data) {
  grid.data = data;
  grid.revision += 1;
  grid.ranges = {};
  grid.options = findOptions(data);
  for (const [name, table] of Object.entries(data.tables)) grid.tables[name] ??= decodeBytes(table);
  if (!grid.wanted) {
    grid.wanted = { ...data.defaults, ...data.display, ...readAddress(window.location.search, data.choices) };
    grid.image = readImage();
    followAddress({ write: () => showInAddress(grid), read: () => followStep(grid), signal: grid.stop.signal });
  } else if (data.large.goto && data.large.goto.number !== grid.gone) grid.image = data.large.goto.id;
  grid.gone = data.large.goto?.number;
  updateTiles(grid, data);
  grid.image = findName([...grid.tiles.keys()], grid.image);
  buildToolbar(grid);
  change(grid, {});
  grid.large.asked = false;
  grid.large.dialog.removeAttribute("data-waiting");
  syncLargeView(grid);
}

// Return the possible values of each choice for this data.
function findOptions({ choices, sources, tiles, large }) {
  const overlay = sources.b ? choices.overlay : choices.overlay.filter((value) => value === "off" || value === "a");
  const there = new Set(tiles.flatMap((tile) => Object.values(tile.maps).flatMap((maps) => Object.keys(maps))));
  const target = choices.target.filter((value) => there.has(value) || (value === "class" && large.classes.length));
  const boxes = tiles.some((tile) => tile.boxes.length) ? choices.boxes : ["off"];
  return { ...choices, overlay, target: target.length ? target : choices.target.slice(0, 1), boxes };
}

function updateTiles(grid, data) {
  const before = grid.tiles;
  grid.tiles = new Map(data.tiles.map((tile) => [tile.id, before.get(tile.id) ?? makeTile()]));
  for (const [id, tile] of before) if (!grid.tiles.has(id)) removeTile(grid, tile);
  data.tiles.forEach((tileData, at) => {
    const tile = grid.tiles.get(tileData.id);
    tile.number = at + 1;
    updateTile(tile, tileData, data.strings);
    if (grid.list.children[at] !== tile.item) grid.list.insertBefore(tile.item, grid.list.children[at] ?? null);
    grid.seen.observe(tile.item);
  });
  for (const part of [".toolbar", ".keys"]) grid.root.querySelector(part).hidden = data.tiles.length === 0;
  grid.root.querySelector(".empty").hidden = data.tiles.length > 0;
  grid.list.style.setProperty("--ratio", typicalRatio(data.tiles));
  keepOneTabStop(grid);
  if (before.size && !data.tiles.some(({ id }) => before.has(id))) goToFirst(grid);
}

// Scroll to the first picture of a new page: the user turned the page below the last one.
function goToFirst({ root }) {
  if (root.getBoundingClientRect().top < 0) root.scrollIntoView();
}

function removeTile(grid, tile) {
  grid.seen.unobserve(tile.item);
  tile.item.remove();
  tile.data = null;
  forgetPhotograph(tile);
}

// Return the frames' aspect ratio: the photographs' median, within limits.
function typicalRatio(tiles) {
  const ratios = tiles.map((tile) => tile.width / tile.height).sort((a, b) => a - b);
  return Math.min(Math.max(ratios[Math.floor(ratios.length / 2)] ?? 1, 0.8), 1.34);
}

const SIZES = { small: 1, medium: 1.4, large: 2 };

// Apply a change of the display: controls, colour bar, address and visible pictures now, the others later.
function change(grid, changes) {
  const { data } = grid;
  grid.wanted = { ...grid.wanted, ...changes };
  grid.display = restrict(grid.wanted, grid.options, data.defaults, data.large.classes);
  askForClass(grid);
  showInToolbar(grid);
  refreshColorbars(grid);
  showInAddress(grid);
  grid.list.classList.toggle("paired", grid.display.overlay === "both");
  grid.list.dataset.size = grid.display.size;
  grid.list.style.setProperty("--picture", `${SIZES[grid.display.size] * data.tileWidth}px`);
  repaint(grid);
}

// The server sends the maps of a chosen class for all tiles at once, so that moving needs no request.
function askForClass(grid) {
  const { display: { target, for_class }, data: { large: { chosenClass } } } = grid;
  if (target !== "class" || for_class === chosenClass || for_class === grid.askedClass) return;
  grid.askedClass = for_class;
  grid.trigger("for_class", for_class);
}

// Streamlit's header covers the top of a scrolled page: the toolbar sticks below it.
function fitToPage(grid) {
  const header = document.querySelector("[data-testid=stHeader]");
  grid.root.style.setProperty("--sticky-top", `${header?.offsetHeight ?? 0}px`);
  const { stage } = grid.large;
  const sizes = [grid.list.clientWidth, stage.clientWidth, stage.clientHeight].join(); // the list's height always changes
  if (grid.fitted === sizes) return;
  grid.fitted = sizes;
  repaint(grid);
}

function repaint(grid) {
  for (const tile of grid.tiles.values()) tile.dirty = true;
  requestPaint(grid);
}

function requestPaint(grid) {
  cancelAnimationFrame(grid.frameRequest);
  grid.frameRequest = requestAnimationFrame(() => paint(grid));
}

function noteVisible(grid, entries) {
  const byItem = new Map([...grid.tiles.values()].map((tile) => [tile.item, tile]));
  for (const entry of entries) {
    const tile = byItem.get(entry.target);
    if (tile) tile.visible = entry.isIntersecting;
  }
  requestPaint(grid);
}

// Paint few of the invisible pictures per frame: the visible ones must follow a slider.
const MILLISECONDS_PER_FRAME = { first: 40, again: 10 };

function paint(grid) {
  if (grid.large.tile) return paintLargeView(grid); // it hides the tiles, which are painted later
  const first = grid.list.querySelector(".frame");
  if (!first?.clientWidth) return; // not laid out: a hidden tab
  const frame = { width: first.clientWidth, height: first.clientHeight };
  const started = performance.now();
  const waiting = [...grid.tiles.values()].filter((tile) => tile.dirty).sort((a, b) => b.visible - a.visible);
  for (const tile of waiting) {
    const affordable = MILLISECONDS_PER_FRAME[tile.painted ? "again" : "first"];
    if (!tile.visible && performance.now() - started > affordable) return requestPaint(grid);
    prepare(grid, tile);
    paintTile(tile, grid.display, grid, frame);
    tile.painted = Boolean(tile.bitmap);
  }
}

// Decode a tile's photograph if needed, then paint it.
function prepare(grid, tile) {
  if (!tile.bitmap) decodePhotograph(tile, () => { tile.dirty = true; requestPaint(grid); });
}

// Return the range of the common scale: the run's, or the visible tiles' if that is unknown.
function commonRange(grid, slot) {
  const { target } = grid.display;
  grid.ranges[`${slot} ${target}`] ??= grid.data.common[slot] ?? valueRange(
    [...grid.tiles.values()].flatMap((tile) => tile.maps[slot]?.[target]?.range ?? []).filter(Number.isFinite),
  );
  return grid.ranges[`${slot} ${target}`];
}

// Return a buffer, reused by name and size: most tiles share a size, and allocating takes longer than computing.
function findScratch(kept, name, width, height, most = 24) {
  const size = `${name} ${width}x${height}`;
  if (!kept.has(size)) {
    if (kept.size >= most) kept.clear();
    kept.set(size, name === "pixels" ? new ImageData(width, height) : new Float64Array(width * height));
  }
  return kept.get(size);
}
