// Draws raw maps as camcore/heatmaps/drawing.py does (golden-pixel tests): upsample the signed map, then clip, scale,
// colour, blend. Arrays only: a map is {height, width, values}, a picture holds red, green, blue, alpha per pixel.

const LEAST_CELLS = 4; // per side of a map
const FLAT = 1e-5; // a smaller range, as a share of the largest absolute value, is rounding

// The statuses are those of map_status in camcore/heatmaps/drawing.py.
function mapStatus({ height, width, range }) {
  const highest = range[1];
  if (!Number.isFinite(highest)) return "not_finite";
  if (Math.min(height, width) < LEAST_CELLS) return "too_coarse";
  if (highest <= 0) return "no_positive_evidence";
  return isFlat(range) ? "constant" : "ok";
}

function saysWhere(status) {
  return status === "ok" || status === "no_positive_evidence";
}

function isFlat([lowest, highest]) {
  return highest - lowest <= FLAT * Math.max(Math.abs(lowest), Math.abs(highest));
}

// Return the lowest and highest value, [NaN, NaN] if any value is not finite.
function valueRange(values) {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) return [NaN, NaN];
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return [lowest, highest];
}

// Return the raw values that are drawn as 0 and as 1.
function heatRange([lowest, highest], convention, drawnSigned) {
  return convention === "literature" && drawnSigned ? [lowest, highest] : [0, Math.max(highest, 0)];
}

// Return the two cells around each of `target` pixels and its distance from the first, in cells. The
// centre of the first pixel is half a pixel from the edge (align_corners=False). Without `smooth` both are one cell.
function alongAxis(source, target, smooth) {
  const first = new Int32Array(target);
  const second = new Int32Array(target);
  const distance = new Float64Array(target);
  for (let pixel = 0; pixel < target; pixel++) {
    const inCells = ((pixel + 0.5) * source) / target;
    if (smooth) {
      const position = Math.min(Math.max(inCells - 0.5, 0), source - 1);
      first[pixel] = Math.floor(position);
      second[pixel] = Math.min(first[pixel] + 1, source - 1);
      distance[pixel] = position - first[pixel];
    } else {
      first[pixel] = second[pixel] = Math.min(Math.floor(inCells), source - 1);
    }
  }
  return { first, second, distance };
}

// Write a map into `heat`, 0 to 1 per pixel: `low` and below becomes 0, `high` and above 1.
function drawHeat(map, [low, high], width, height, smooth, heat) {
  const span = high - low;
  if (!Number.isFinite(span) || span <= 0) return heat.fill(0);
  const across = alongAxis(map.width, width, smooth);
  const down = alongAxis(map.height, height, smooth);
  const row = new Float64Array(map.width);
  for (let y = 0; y < height; y++) {
    const upper = down.first[y] * map.width;
    const lower = down.second[y] * map.width;
    const dy = down.distance[y];
    for (let cell = 0; cell < map.width; cell++) {
      row[cell] = map.values[upper + cell] * (1 - dy) + map.values[lower + cell] * dy;
    }
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const dx = across.distance[x];
      const value = row[across.first[x]] * (1 - dx) + row[across.second[x]] * dx;
      heat[at] = Math.min(Math.max((value - low) / span, 0), 1);
    }
  }
  return heat;
}

// Return the heat of a raw value, 0 to 1, as in `drawHeat`.
function drawnShare(value, [low, high]) {
  const share = (value - low) / (high - low);
  return high > low ? Math.min(Math.max(share, 0), 1) : 0;
}

// Return a map's value at x and y from 0 to 1, interpolated as in `drawHeat`.
function valueAt({ height, width, values }, x, y, smooth) {
  const along = (share, cells) => {
    if (!smooth) return [Math.min(Math.floor(share * cells), cells - 1), 0];
    const position = Math.min(Math.max(share * cells - 0.5, 0), cells - 1);
    return [Math.floor(position), position - Math.floor(position)];
  };
  const [[column, dx], [row, dy]] = [along(x, width), along(y, height)];
  const cell = (down, across) => values[Math.min(row + down, height - 1) * width + Math.min(column + across, width - 1)];
  const upper = cell(0, 0) * (1 - dx) + cell(0, 1) * dx;
  return upper * (1 - dy) + (cell(1, 0) * (1 - dx) + cell(1, 1) * dx) * dy;
}

// Return the colour map's entries for heat from 0 to 1.
function toEntries(heat) {
  const entries = new Uint8Array(heat.length);
  for (let at = 0; at < heat.length; at++) entries[at] = heat[at] * 255 + 0.5;
  return entries;
}

// Return the signed colour map's entries for the difference of two heats: 128 if they are equal.
function toDifferenceEntries(first, second) {
  const entries = new Uint8Array(first.length);
  for (let at = 0; at < first.length; at++) entries[at] = ((first[at] - second[at] + 1) / 2) * 255 + 0.5;
  return entries;
}

const FRACTION = 16; // fractional bits

// Blend coloured entries over the part of a picture at (left, top), `width` wide, in place. Integers and one
// access per pixel, because a toggle spends most of its time here.
function blend(pixels, pictureWidth, entries, { left, top, width }, table, opacity) {
  const words = new Uint32Array(pixels.buffer); // alpha, blue, green, red from the highest byte on
  const one = 1 << FRACTION;
  const colours = Int32Array.from(table, (channel) => Math.round((channel * opacity + 0.5) * one));
  const kept = Int32Array.from({ length: 256 }, (_, channel) => Math.round(channel * (1 - opacity) * one));
  for (let at = 0, y = top; at < entries.length; y++) {
    for (let x = 0, pixel = y * pictureWidth + left; x < width; x++, at++, pixel++) {
      const word = words[pixel];
      const colour = 3 * entries[at];
      const red = (kept[word & 255] + colours[colour]) >> FRACTION;
      const green = (kept[(word >> 8) & 255] + colours[colour + 1]) >> FRACTION;
      const blue = (kept[(word >> 16) & 255] + colours[colour + 2]) >> FRACTION;
      words[pixel] = (word & 0xff000000) | (blue << 16) | (green << 8) | red;
    }
  }
}
