// A tile: a button with one or two pictures and their texts. Created once per id, then updated.

function makePicture(second) {
  const element = make("span", "picture");
  const canvas = make("canvas");
  canvas.setAttribute("aria-hidden", "true"); // the button describes the picture in words
  const [name, chip] = [make("span", "name"), make("span", "chip")];
  const frame = make("span", "frame");
  frame.append(canvas, chip);
  element.append(name, " ", frame, " "); // notes on a map follow its name
  return { element, frame, canvas, name, chip, second };
}

function makeTile() {
  const item = make("li");
  const button = make("button", "tile");
  button.type = "button";
  const pictures = [makePicture(false), makePicture(true)];
  const names = ["pictures", "title", "mark", "predicted", "percent", "truth", "caption"];
  const parts = Object.fromEntries(names.map((name) => [name, make("span", name)]));
  parts.pictures.append(...pictures.map((picture) => picture.element));
  parts.title.append(parts.mark, " ", parts.predicted, " ", parts.percent); // spaces separate the words in plain text
  button.append(parts.pictures, parts.title, " ", parts.truth, " ", parts.caption);
  item.append(button);
  return { item, button, parts, pictures, photographs: new Map(), visible: false, dirty: true, painted: false };
}

// Take new data; an unchanged photograph stays decoded.
function updateTile(tile, data, strings) {
  if (tile.data?.image !== data.image) forgetPhotograph(tile);
  tile.data = data;
  tile.maps = mapValues(data.maps, (maps) => mapValues(maps, decodeMap)); // slot -> target -> map
  tile.dirty = true;
  const { mark, predicted, percent, truth, caption } = tile.parts;
  const wrong = data.correct === false; // null if unknown
  tile.button.classList.toggle("wrong", wrong);
  mark.hidden = data.correct === null;
  setText(mark, wrong ? "✗" : "✓");
  setText(predicted, data.predicted);
  setText(percent, `${percentOf(data.confidence)}%`);
  percent.title = strings.confidence;
  setText(truth, wrong ? fill(strings.true_label, { label: data.label }) : "");
  setText(caption, data.caption);
  predicted.title = data.predicted; // long names are cut off
  truth.title = wrong ? data.label : "";
}

function forgetPhotograph(tile) {
  tile.bitmap?.close();
  tile.bitmap = tile.decoding = null;
  tile.photographs = new Map();
  tile.broken = false;
}

// Decode the photograph once, then call `whenReady`.
function decodePhotograph(tile, whenReady) {
  if (tile.decoding || tile.broken) return;
  const { image } = tile.data;
  tile.decoding = createImageBitmap(new Blob([decodeBytes(image)])).then(
    (bitmap) => {
      if (tile.data?.image !== image) return bitmap.close(); // replaced or removed meanwhile
      tile.bitmap = bitmap;
      return whenReady();
    },
    () => {
      tile.broken = true;
      whenReady();
    },
  );
}

// Paint a tile's pictures and update its texts.
function paintTile(tile, display, grid, frame) {
  const { sources } = grid.data;
  const shown = [];
  for (const picture of tile.pictures) {
    if (picture.second && display.overlay !== "both") continue;
    const slots = slotsOf(display.overlay, picture.second);
    if (tile.bitmap) paintPicture(picture, slots, tile, display, grid, frame);
    labelPicture(picture, slots, tile, grid);
    setText(picture.name, display.overlay === "both" ? sources[slots[0]].title : "");
    shown.push(picture.name, picture.chip);
  }
  tile.button.setAttribute("aria-label", describeTile(tile, shown, grid));
  tile.dirty = false;
}

// Write on a picture why it shows no heat.
function labelPicture({ chip }, slots, tile, grid) {
  const { strings, sources } = grid.data;
  const problems = slots.flatMap((slot) => {
    const status = statusOf(tile, slot, grid);
    return status === "ok" ? [] : [{ source: sources[slot].title, status: strings[status] }];
  });
  const named = slots.length === 2; // a difference must name the map
  const words = problems.map((problem) => (named ? fill("{source}: {status}", problem) : problem.status));
  setText(chip, tile.broken ? strings.no_picture : words.join(" · "));
}

function statusOf(tile, slot, grid) {
  const map = mapOf(tile, slot, grid);
  if (map) return mapStatus(map);
  return grid.display.target === "class" && grid.data.large.chosenClass !== grid.display.for_class ? "loading" : "no_map";
}

// Return the tile's visible text in the same words and order, so that voice control can find it by what it shows,
// and the meaning of its mark.
function describeTile({ data, number, parts }, shown, { data: { strings, tiles } }) {
  const read = [...shown, parts.predicted, parts.percent, parts.truth, parts.caption].map((part) => part.textContent);
  const judged = data.correct === null ? "" : data.correct ? strings.right : strings.wrong;
  const words = [...read, judged].filter(Boolean).join(", ");
  return `${fill(strings.open, { number, count: tiles.length })} ${words}.`;
}

function percentOf(confidence) {
  return Math.round(confidence * 100);
}
