// The large view in the browser's history: opening it adds an entry, so that Back, a phone's gesture too, closes it and
// leaves the page where it is. Going back makes Streamlit rerun the page, so other ways of closing don't: the entry
// stays, marked, and is used for the next picture or passed over on the way back.

const UNDER = "under"; // marks the entry that the large view was opened from,
const OPEN = "open"; // the one that opening it has added,
const CLOSED = "closed"; // and this one if the large view was closed since

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

// Apply the address after a step through the history. If that only closes the large view, the display stays.
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
