// The colour bar: what 0 and 1 mean under the convention in force, and where zero lies where that is not the left end.

function showColorbars(container, view, grid) {
  const { strings, sources } = grid.data;
  const bars = [];
  if (view.overlay === "difference") bars.push(makeDifferenceBar(grid));
  else if (view.overlay !== "off") {
    for (const slot of view.overlay === "both" ? ["a", "b"] : [view.overlay]) bars.push(makeBar(slot, view, grid));
  } else bars.push(make("p", "bar-off", strings.bar_off));
  container.replaceChildren(...bars);
  container.classList.toggle("several", bars.length > 1);
}

function makeBar(slot, view, grid) {
  const { strings, sources } = grid.data;
  const signed = view.draw === "literature" && sources[slot].drawnSigned;
  const [low, high] = signed ? ["bar_lowest", "bar_highest"] : ["bar_none", "bar_most"];
  const highText = strings[`${high}_${view.scale}`];
  const bar = assembleBar(sources[slot].title, grid.tables[view.colors], [
    [0, "0", signed ? strings[`${low}_${view.scale}`] : strings.bar_none],
    [100, "1", highText],
  ]);
  if (signed) addZero(bar, zeroPositions(slot, view, grid), strings);
  return bar;
}

function makeDifferenceBar(grid) {
  const { strings, sources } = grid.data;
  const titles = { first: sources.a.title, second: sources.b.title };
  return assembleBar(fill("{first} − {second}", titles), grid.tables.signed, [
    [0, "−1", fill(strings.bar_second_hotter, titles)],
    [50, "0", strings.bar_equal],
    [100, "+1", fill(strings.bar_first_hotter, titles)],
  ]);
}

// `ends` are [position in %, number, meaning].
function assembleBar(title, table, ends) {
  const [bar, strip, labels] = [make("div", "colorbar"), make("div", "strip"), make("div", "ends")];
  strip.append(makeGradient(table));
  for (const [position, number, meaning] of ends) {
    const end = make("span", ["start", "middle", "end"][position / 50]);
    end.append(make("b", "", number), " ", make("span", "", meaning));
    labels.append(end);
  }
  bar.append(make("span", "bar-title", title), strip, labels);
  return bar;
}

// Return where zero lies on the bar for each tile, in %, in order; one value for a common scale.
function zeroPositions(slot, view, grid) {
  const maps = [...grid.tiles.values()].map((tile) => tile.maps[slot]?.[view.target]).filter(Boolean);
  const ranges = view.scale === "common" ? [grid.commonRange(slot)] : maps.map((map) => map.range);
  const positions = ranges.filter(([low, high]) => high > low).map(([low, high]) => (100 * -low) / (high - low));
  return positions.map((position) => Math.round(Math.min(Math.max(position, 0), 100))).sort((a, b) => a - b);
}

// Mark zero: a line in the middle of the tiles' positions, and a bracket over all of them.
function addZero(bar, positions, strings) {
  if (!positions.length) return;
  const [first, middle, last] = [positions[0], positions[Math.floor(positions.length / 2)], positions.at(-1)];
  const [bracket, tick, label] = [make("span", "zero-range"), make("span", "zero"), make("span", "zero-label", strings.bar_zero)];
  bracket.style.left = `${first}%`;
  bracket.style.width = `${last - first}%`;
  tick.style.left = label.style.left = `${middle}%`;
  const strip = bar.querySelector(".strip");
  strip.append(bracket, tick, label);
  strip.title = fill(first === last ? strings.bar_zero_fixed : strings.bar_zero_varies, { first, middle, last });
  strip.append(make("span", "hidden-text", strip.title));
}
