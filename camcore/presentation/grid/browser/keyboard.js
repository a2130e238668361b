// Mouse and keyboard for tiles: one tab stop, arrow keys to move, Enter or a click to open.

// Tab reaches one tile: the last focused one, or the first.
function keepOneTabStop({ list }, chosen = list.querySelector(".tile[tabindex='0']") ?? list.querySelector(".tile")) {
  for (const tile of list.querySelectorAll(".tile")) tile.tabIndex = tile === chosen ? 0 : -1;
}

function listenToTiles(grid, signal) {
  const { list, root } = grid;
  const onFocus = ({ target }) => target.matches(".tile") && keepOneTabStop(grid, target);
  list.addEventListener("focusin", onFocus, { signal });
  list.addEventListener("click", (event) => {
    const button = event.target.closest(".tile");
    const opened = [...grid.tiles.values()].find((tile) => tile.button === button);
    if (opened) openTile(grid, opened);
  }, { signal });
  list.addEventListener("keydown", (event) => moveFocus(list, event), { signal });
  root.addEventListener("keydown", (event) => pressShortcut(grid, event), { signal });
}

function moveFocus(list, event) {
  const tiles = [...list.querySelectorAll(".tile")];
  const at = tiles.indexOf(event.target.closest(".tile"));
  const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  Object.assign(steps, { Home: -at, End: tiles.length - 1 - at });
  if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  tiles[at + steps[event.key]]?.focus();
}

// `o` shows the next overlay, `b` the boxes, `d` the divider. List boxes use letters to search.
function pressShortcut(grid, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (grid.large.tile) event.stopPropagation(); // the page has its own keys
  const name = { o: "overlay", b: "boxes", ...(grid.large.tile && { d: "divider" }) }[event.key];
  if (!name || event.target.matches("select")) return;
  event.preventDefault();
  const values = grid.options[name];
  const value = values[(values.indexOf(grid.display[name]) + 1) % values.length];
  grid.change({ [name]: value });
  announce(grid, `${grid.data.strings[name]}: ${optionText(name, value, grid.data)}`);
}
