// The large view in the browser's history. Opening it adds an entry, so that Back (or a phone's gesture) closes it and
// stays on the page. Going back makes Streamlit rerun the page, so closing it otherwise keeps the entry,
// marked as closed; the next picture reuses it, or Back skips it.

const UNDER = "under"; // marks the entry from which the large view was opened
const OPEN = "open"; // marks the entry that opening it added
const CLOSED = "closed"; // marks that entry after the large view was closed

function readImage() {
  return new URLSearchParams(window.location.search).get("image");
}

// Write the current display and the open image into the address.
function showInAddress({ wanted, image, data, large }) {
  writeAddress({ ...wanted, image: image ?? "" }, { ...data.defaults, image: "" });
  large.entry = window.history.state?.largeView;
}

// Open the large view of a tile.
function openTile(grid, tile) {
  if (window.history.state?.largeView === CLOSED) writeHistory("replaceState", { largeView: OPEN });
  else {
    writeHistory("replaceState", { largeView: UNDER });
    writeHistory("pushState", { largeView: OPEN });
  }
  grid.image = tile.data.id;
  showInAddress(grid);
  syncLargeView(grid);
}

function closeLargeView(grid) {
  grid.image = null;
  syncLargeView(grid);
  if (window.history.state?.largeView === OPEN) writeHistory("replaceState", { largeView: CLOSED });
  showInAddress(grid);
}

// Apply the address after Back or Forward. If that only closes the large view, the display stays.
function followStep(grid) {
  const { large, data } = grid;
  const [before, now] = [large.entry, window.history.state?.largeView];
  const closes = now === UNDER && large.tile;
  grid.image = closes ? null : readImage();
  if (closes) showInAddress(grid);
  else grid.change({ ...data.defaults, ...readAddress(window.location.search, data.choices) });
  syncLargeView(grid);
  if (before === CLOSED && now === UNDER) window.history.back(); // both show the same
}
