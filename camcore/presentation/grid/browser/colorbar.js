// The colour bar: the meaning of 0 and 1 in the current convention, and the place of zero if not at the left end.

function refreshColorbars(grid) {
  const { display } = grid;
  const container = grid.root.querySelector(".colorbars");
  const bars = [];
  if (display.overlay === "difference") bars.push(makeDifferenceBar(grid));
  else if (display.overlay !== "off") {
    const slots = display.overlay === "both" ? ["a", "b"] : [display.overlay];
    for (const slot of slots) bars.push(makeBar(slot, display, grid));
  } else bars.push(make("p", "bar-off", grid.data.strings.bar_off));
  container.replaceChildren(...bars);
  container.classList.toggle("several", bars.length > 1);
}

function makeBar(slot, display, grid) {
  const { strings, sources } = grid.data;
  const signed = display.draw === "literature" && sources[slot].drawnSigned;
  const bar = assembleBar(sources[slot].title, grid.tables[display.colors], [
    [0, "0", signed ? strings[`bar_lowest_${display.scale}`] : strings.bar_none],
    [100, "1", strings[`bar_${signed ? "highest" : "most"}_${display.scale}`]],
  ]);
  if (signed) addZero(bar, zeroPositions(slot, display, grid), strings);
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

// Return the sorted positions of zero on the bar in %, one per visible tile, or one for a common scale.
function zeroPositions(slot, display, grid) {
  const shown = grid.large.tile ? [grid.large.tile] : [...grid.tiles.values()];
  const maps = shown.map((tile) => mapOf(tile, slot, grid)).filter(Boolean);
  const ranges = display.scale === "common" ? [grid.commonRange(slot)] : maps.map((map) => map.range);
  const positions = ranges.filter(([low, high]) => high > low).map(([low, high]) => (100 * -low) / (high - low));
  return positions.map((position) => Math.round(Math.min(Math.max(position, 0), 100))).sort((a, b) => a - b);
}

// Mark zero: a line at the median of the positions, a bracket over 80% of them, and both as text.
function addZero(bar, positions, strings) {
  if (!positions.length) return;
  const [first, middle, last] = [0.1, 0.5, 0.9].map((share) => positions[Math.round(share * (positions.length - 1))]);
  const [bracket, tick] = [make("span", "zero-range"), make("span", "zero")];
  bracket.style.left = `${first}%`;
  bracket.style.width = `${last - first}%`;
  tick.style.left = `${middle}%`;
  bracket.hidden = first === last;
  bar.querySelector(".strip").append(bracket, tick);
  const words = fill(first === last ? strings.bar_zero_fixed : strings.bar_zero_varies, { first, middle, last });
  const label = make("span", "middle zero-label");
  label.append(make("i", "zero-sign"), words);
  label.title = strings.bar_zero_help;
  bar.querySelector(".ends").append(label);
}
