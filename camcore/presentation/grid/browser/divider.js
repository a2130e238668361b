// The divider between two sides of one picture, moved by pointer or keyboard. It clips a canvas by style,
// so that moving it repaints nothing.

const DIVIDER_STEP = 2; // % of the picture's width
const DIVIDER_LEAP = 10;

function makeDivider() {
  const divider = make("div", "divider");
  Object.assign(divider, { role: "slider", tabIndex: 0, ariaValueMin: "0", ariaValueMax: "100" });
  divider.append(make("span", "grip"));
  return divider;
}

// Set the divider's position in % of the width; `names` are the names of both sides.
function placeDivider(large, percent) {
  large.dividedAt = Math.min(Math.max(percent, 0), 100);
  large.pair.style.setProperty("--at", `${large.dividedAt}%`);
}

function describeDivider({ divider, dividedAt }, [left, right], strings) {
  const percent = Math.round(dividedAt);
  divider.ariaLabel = strings.divider_moves;
  divider.ariaValueNow = String(percent);
  divider.ariaValueText = fill(strings.divider_at, { percent, rest: 100 - percent, left, right });
}

function listenToDivider(grid, signal) {
  const { large } = grid;
  const { divider, pair } = large;
  const place = (percent) => {
    placeDivider(large, percent);
    describeDivider(large, large.sideNames, grid.data.strings);
  };
  const drag = (event) => {
    const { left, width } = pair.getBoundingClientRect();
    place((100 * (event.clientX - left)) / width);
  };
  divider.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    divider.setPointerCapture(event.pointerId);
    drag(event);
  }, { signal });
  divider.addEventListener("pointermove", (event) => {
    if (divider.hasPointerCapture(event.pointerId)) drag(event);
  }, { signal });
  divider.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? DIVIDER_LEAP : DIVIDER_STEP;
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step };
    Object.assign(by, { PageDown: -DIVIDER_LEAP, PageUp: DIVIDER_LEAP, Home: -100, End: 100 });
    if (!(event.key in by) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // else these keys would move between pictures
    place(large.dividedAt + by[event.key]);
  }, { signal });
}
