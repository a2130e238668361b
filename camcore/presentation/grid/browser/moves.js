// Moves between pictures in the large view: buttons, arrow keys, swipes. Within a page it is immediate; beyond
// it, the server turns the page.

function moveBy(grid, by) {
  const { large, data } = grid;
  const at = large.tile.number - 1 + by;
  const place = data.large.first + at;
  if (place < 0 || place >= data.large.total) return;
  const next = data.tiles[at];
  large.dialog.toggleAttribute("data-waiting", !next);
  if (!next) {
    if (!large.asked) grid.trigger("step", { index: large.tile.data.index, by });
    large.asked = true;
    return;
  }
  grid.image = next.id;
  showInAddress(grid);
  syncLargeView(grid);
  announce(grid, `${large.position.textContent}. ${large.title.textContent}`);
}

// Show the picture's position, and whether there is a previous and a next one.
function showPlace(grid) {
  const { large, data: { strings, large: { first, total } } } = grid;
  const number = first + large.tile.number;
  setText(large.position, fill(strings.position, { number, count: total }));
  const ends = [[large.previous, number <= 1], [large.next, number >= total]];
  for (const [button, isEnd] of ends) {
    if (isEnd && button.matches(":focus")) large.stage.focus(); // a disabled button receives no keys
    button.disabled = isEnd;
  }
}

function listenToMoves(grid, signal) {
  const { large } = grid;
  large.previous.addEventListener("click", () => moveBy(grid, -1), { signal });
  large.next.addEventListener("click", () => moveBy(grid, 1), { signal });
  large.dialog.addEventListener("keydown", (event) => pressArrow(grid, event), { signal });
  listenToSwipe(grid, signal);
}

// Arrow keys move between pictures, with Shift over the map's cells; controls keep their own arrow keys.
function pressArrow(grid, event) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select")) return;
  const [across, down] = step;
  if (!event.shiftKey && !across) return; // up and down scroll
  event.preventDefault();
  if (event.shiftKey) movePoint(grid, across, down);
  else moveBy(grid, across);
}

const SWIPE = 50; // least horizontal px, and at least twice the vertical ones

function listenToSwipe(grid, signal) {
  const { stage, divider } = grid.large;
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    const isSwipe = event.pointerType === "touch" && event.isPrimary && !divider.contains(event.target);
    from = isSwipe ? { x: event.clientX, y: event.clientY } : null;
  }, { signal });
  stage.addEventListener("pointercancel", () => { from = null; }, { signal });
  stage.addEventListener("pointerup", (event) => {
    if (!from) return;
    const [across, down] = [event.clientX - from.x, event.clientY - from.y];
    from = null;
    if (Math.abs(across) >= Math.max(SWIPE, 2 * Math.abs(down))) moveBy(grid, across < 0 ? 1 : -1);
  }, { signal });
}
