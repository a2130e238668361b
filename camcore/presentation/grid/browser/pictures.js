// Paints one canvas per picture, in device pixels. Costly results (decoded and resized photograph, heat)
// are cached per picture; a change of opacity or colours only blends again.

const SHARPEST = 2; // device pixels per CSS pixel; more takes time without showing more

// Return a photograph's size in a frame, and the box of its visible part, in device pixels.
function fitPicture(image, frame) {
  const fitted = Math.min(frame.width / image.width, frame.height / image.height);
  const affordable = Math.sqrt((frame.mostPixels ?? Infinity) / (image.width * image.height)) / fitted;
  const density = Math.min(window.devicePixelRatio || 1, SHARPEST, affordable);
  const scale = fitted * density;
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const [left, right] = [image.seen[0], image.seen[2]].map((x) => Math.round((x * width) / image.width));
  const [top, bottom] = [image.seen[1], image.seen[3]].map((y) => Math.round((y * height) / image.height));
  return { width, height, density, scale, seen: { left, top, width: right - left, height: bottom - top } };
}

// Return the slots that a picture shows; a second picture exists in "both" only.
function slotsOf(overlay, second) {
  if (second) return ["b"];
  return { off: [], a: ["a"], b: ["b"], both: ["a"], difference: ["a", "b"] }[overlay];
}

// Return a tile's map of the target class; maps of a newly selected class may still be loading.
function mapOf(tile, slot, { display, data }) {
  const late = display.target === "class" && data.large.chosenClass !== display.for_class;
  return late ? undefined : tile.maps[slot]?.[display.target];
}

// Return the raw values that are drawn as 0 and as 1.
function drawnRange(slot, map, grid) {
  const { display, data } = grid;
  if (!saysWhere(mapStatus(map)) || isFlat(map.range)) return [0, 0]; // not drawn in any scale
  const range = display.scale === "common" ? grid.commonRange(slot) : map.range;
  return heatRange(range, display.draw, data.sources[slot].drawnSigned);
}

// Return the colour map's entries of a picture, null if a map is missing.
function computeEntries(slots, tile, display, grid, fit) {
  const heats = [];
  for (const slot of slots) {
    const map = mapOf(tile, slot, grid);
    if (!map) return null;
    const { width, height } = fit.seen;
    const heat = grid.scratch(`heat ${heats.length}`, width, height);
    heats.push(drawHeat(map, drawnRange(slot, map, grid), width, height, display.cells === "smooth", heat));
  }
  return slots.length === 2 ? toDifferenceEntries(...heats) : toEntries(heats[0]);
}

// Return the photograph's pixels at its painted size. Two sizes are cached: alone and side by side.
function photographPixels(tile, { width, height }) {
  const size = `${width}x${height}`;
  if (!tile.photographs.has(size)) {
    if (tile.photographs.size > 1) tile.photographs.delete(tile.photographs.keys().next().value);
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(tile.bitmap, 0, 0, width, height);
    tile.photographs.set(size, context.getImageData(0, 0, width, height));
  }
  return tile.photographs.get(size);
}

// Paint a tile's photograph with no map, one map, or the difference of two.
function paintPicture(picture, slots, tile, display, grid, frame) {
  const fit = fitPicture(tile.data, frame);
  const { canvas } = picture;
  if (canvas.width !== fit.width || canvas.height !== fit.height) {
    [canvas.width, canvas.height] = [fit.width, fit.height];
    canvas.style.width = `${fit.width / fit.density}px`;
    canvas.style.height = `${fit.height / fit.density}px`;
  }
  const { target, for_class, draw, scale, cells } = display;
  const kept = [slots, target, for_class, draw, scale, cells, fit.width, fit.height, grid.revision].join();
  if (picture.kept !== kept) {
    picture.entries = slots.length ? computeEntries(slots, tile, display, grid, fit) : null;
    picture.kept = kept;
  }
  const photograph = photographPixels(tile, fit);
  const context = canvas.getContext("2d");
  if (picture.entries) {
    const output = grid.scratch("pixels", fit.width, fit.height);
    output.data.set(photograph.data);
    const table = grid.tables[slots.length === 2 ? "signed" : display.colors];
    blend(output.data, fit.width, picture.entries, fit.seen, table, Number(display.opacity) / 100);
    context.putImageData(output, 0, 0);
    shadeUnseen(context, fit);
  } else {
    context.putImageData(photograph, 0, 0);
  }
  if (display.boxes === "on") drawBoxes(context, tile.data.boxes, fit);
}

// Darken what a centre crop leaves out: the map doesn't cover it.
function shadeUnseen(context, { width, height, seen }) {
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(seen.left, seen.top, seen.width, seen.height);
  context.fillStyle = "rgb(0 0 0 / 55%)";
  context.fill("evenodd");
  context.restore();
}

// Draw boxes as a light line in a dark one, visible on any background; other classes' boxes are dashed, and all
// boxes are named if there are several.
function drawBoxes(context, boxes, fit) {
  const { density } = fit;
  const placed = boxes.map((box) => placeBox(box, fit));
  context.save();
  for (const { left, top, right, bottom, isTarget } of placed) {
    context.setLineDash(isTarget ? [] : [6 * density, 4 * density]);
    for (const [colour, line] of [["rgb(0 0 0 / 70%)", 3.5], ["#fff", 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = line * density;
      context.strokeRect(left, top, right - left, bottom - top);
    }
  }
  for (const box of placed.length > 1 ? placed : []) if (box.name) nameBox(context, box, density);
  context.restore();
}

// Return a box in device pixels, with its line inside the picture.
function placeBox([x0, y0, x1, y1, name, isTarget], { scale, width, height, density }) {
  const inset = 1.5 * density;
  const left = Math.max(Math.round(x0 * scale), inset);
  const top = Math.max(Math.round(y0 * scale), inset);
  const right = Math.min(Math.round(x1 * scale), width - inset);
  const bottom = Math.min(Math.round(y1 * scale), height - inset);
  return { left, top, right, bottom, name, isTarget };
}

// Write a class into a box: the target's at the top, others at the bottom, because boxes often share a corner.
function nameBox(context, { left, top, bottom, name, isTarget }, density) {
  const height = 17 * density;
  const y = isTarget ? top : bottom - height;
  context.font = `600 ${11 * density}px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textBaseline = "top";
  context.fillStyle = "rgb(0 0 0 / 70%)";
  const width = context.measureText(name).width + 8 * density;
  const x = Math.max(Math.min(left, context.canvas.width - width), 0); // readable at the picture's edge too
  context.fillRect(x, y, width, height);
  context.fillStyle = "#fff";
  context.fillText(name, x + 4 * density, y + 3 * density);
}
