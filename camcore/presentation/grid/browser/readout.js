// The values at one point of the picture: each source's raw value and its heat, 0 to 1.

// Return a raw value as text: four digits, a true minus sign.
function formatRaw(value) {
  const tiny = value !== 0 && Math.abs(value) < 0.001;
  return (tiny ? value.toExponential(2) : String(Number(value.toPrecision(4)))).replace(/-/g, "−");
}

// Convert a point of the picture to the model's view, x and y from 0 to 1; null if it is outside.
function placeInSeen({ x, y }, { width, height, seen: [left, top, right, bottom] }) {
  const inSeen = { x: (x * width - left) / (right - left), y: (y * height - top) / (bottom - top) };
  return [inSeen.x, inSeen.y].every((share) => share >= 0 && share <= 1) ? inSeen : null;
}

// Return the map's cell at a point from 0 to 1.
function cellAt(map, { x, y }) {
  const within = (share, cells) => Math.min(Math.floor(share * cells), cells - 1);
  return { row: within(y, map.height), column: within(x, map.width) };
}

function hottestCell({ width, values, range }) {
  const at = values.indexOf(range[1]);
  return { row: Math.floor(at / width), column: at % width };
}

// Show the values at a point of the picture, x and y from 0 to 1; null shows a hint.
function showPoint(grid, point) {
  const { large, data } = grid;
  const { strings } = data;
  large.point = point;
  for (const { mark } of large.pictures) {
    mark.hidden = !point;
    if (point) mark.style.cssText = `left:${100 * point.x}%;top:${100 * point.y}%`;
  }
  const place = point && placeInSeen(point, large.tile.data);
  if (place) large.readout.replaceChildren(...Object.keys(data.sources).map((slot) => makeReading(grid, slot, place)));
  else if (point) large.readout.replaceChildren(make("span", "hint", strings.readout_outside));
  else {
    const hints = [make("span", "hint", strings.readout_hint), make("span", "hint for-keys", strings.readout_keys)];
    large.readout.replaceChildren(...hints);
  }
}

function makeReading(grid, slot, place) {
  const { large, display, data: { strings, sources } } = grid;
  const reading = make("span", "reading");
  reading.append(make("b", "", sources[slot].title), " ");
  const map = mapOf(large.tile, slot, grid);
  const status = statusOf(large.tile, slot, grid);
  if (!map || status === "not_finite") {
    reading.append(strings[status]);
    return reading;
  }
  const value = valueAt(map, place.x, place.y, display.cells === "smooth");
  const drawn = drawnShare(value, drawnRange(slot, map, grid));
  const { row, column } = cellAt(map, place);
  reading.append(make("span", "raw", formatRaw(value)), " · ");
  reading.append(make("span", "drawn", fill(strings.readout_drawn, { drawn: drawn.toFixed(2) })), " · ");
  reading.append(make("small", "", fill(strings.readout_cell, { row: row + 1, column: column + 1 })));
  return reading;
}

// Move the point by cells of the finest map; it starts at the first source's hottest cell.
function movePoint(grid, across, down) {
  const { large, data } = grid;
  const maps = Object.keys(data.sources).map((slot) => mapOf(large.tile, slot, grid)).filter(Boolean);
  if (!maps.length) return;
  const finest = maps.reduce((one, other) => (other.width > one.width ? other : one));
  const place = large.point && placeInSeen(large.point, large.tile.data);
  const from = place ? cellAt(finest, place) : hottestCell(maps[0]);
  const on = place ? finest : maps[0];
  const step = place ? { across, down } : { across: 0, down: 0 };
  const clamp = (cell, cells) => (Math.min(Math.max(cell, 0), cells - 1) + 0.5) / cells;
  const inSeen = { x: clamp(from.column + step.across, on.width), y: clamp(from.row + step.down, on.height) };
  const { width, height, seen: [left, top, right, bottom] } = large.tile.data;
  const x = (left + inSeen.x * (right - left)) / width;
  showPoint(grid, { x, y: (top + inSeen.y * (bottom - top)) / height });
  announce(grid, large.readout.textContent);
}

function listenToReadout(grid, signal) {
  const { pair } = grid.large;
  const point = (event) => {
    const frame = event.target.closest(".frame");
    if (!frame) return; // between two pictures, or on the divider
    const { left, top, width, height } = frame.getBoundingClientRect();
    const clamp = (share) => Math.min(Math.max(share, 0), 1);
    showPoint(grid, { x: clamp((event.clientX - left) / width), y: clamp((event.clientY - top) / height) });
  };
  pair.addEventListener("pointermove", point, { signal });
  pair.addEventListener("pointerdown", point, { signal });
  const leave = (event) => event.pointerType === "mouse" && showPoint(grid, null);
  pair.addEventListener("pointerleave", leave, { signal });
}
