// The large view in the browser's history. Opening it adds an entry, so that Back, a phone's gesture too, closes it
// and leaves the page where it is. Streamlit would run the page anew for every such step; it does not hear of those
// that change nothing but this view.

const UNDER = "under"; // the mark of the entry that the view was opened from
const OPEN = "open"; // and of the entry that opening it has added

function readImage() {
  return new URLSearchParams(window.location.search).get("image");
}

// Show the view in force, and the image that is open, in the address.
function showInAddress({ wanted, image, data }) {
  writeAddress({ ...wanted, image: image ?? "" }, { ...data.defaults, image: "" });
}

// Take over what the address says after a step through the history.
function readFromAddress(grid) {
  grid.image = readImage();
  grid.change({ ...grid.data.defaults, ...readAddress(window.location.search, grid.data.choices) });
  syncLargeView(grid);
}

// Open the large view of a tile, in an entry of its own.
function openTile(grid, tile) {
  const { large } = grid;
  large.pending = tile.data.id;
  if (large.leaving) return; // the last one is still being closed: it opens what comes next
  writeHistory("replaceState", { largeView: UNDER });
  writeHistory("pushState", { largeView: OPEN });
  openPending(grid);
}

function openPending(grid) {
  grid.image = grid.large.pending;
  grid.large.pending = null;
  showInAddress(grid);
  syncLargeView(grid);
}

// Close the large view: by going back where it has an entry of its own.
function closeLargeView(grid) {
  grid.image = null;
  syncLargeView(grid);
  grid.large.leaving = window.history.state?.largeView === OPEN;
  if (grid.large.leaving) window.history.back();
  else showInAddress(grid);
}

// Follow Back and Forward until `signal` aborts; before Streamlit does, whose listener comes after capturing ones.
function followHistory(grid, signal) {
  const path = window.location.pathname;
  const onStep = (event) => {
    if (window.location.pathname !== path) return;
    const { large } = grid;
    const mark = event.state?.largeView;
    const closes = large.leaving || (mark === UNDER && large.tile);
    if (!closes && !(mark === OPEN && grid.tiles.has(readImage()))) return;
    event.stopImmediatePropagation();
    large.leaving = false;
    grid.image = closes ? null : readImage();
    showInAddress(grid);
    syncLargeView(grid);
    if (large.pending) openTile(grid, grid.tiles.get(large.pending));
  };
  window.addEventListener("popstate", onStep, { signal, capture: true });
}
