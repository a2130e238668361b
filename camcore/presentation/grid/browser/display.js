// The display (overlay, opacity, ...) decides how the grid draws. The browser keeps it in the page's address.

// Return the display in an address: known names with allowed values.
function readAddress(search, choices) {
  const parameters = new URLSearchParams(search);
  const display = {};
  for (const [name, allowed] of Object.entries(choices)) {
    if (allowed.includes(parameters.get(name))) display[name] = parameters.get(name);
  }
  const opacity = parameters.get("opacity") ?? "";
  if (/^\d{1,3}$/.test(opacity) && Number(opacity) <= 100) display.opacity = String(Number(opacity));
  if (parameters.has("for_class")) display.for_class = parameters.get("for_class");
  return display;
}

// Write changes of the display into the address, without default values.
function writeAddress(display, defaults) {
  const address = new URL(window.location.href);
  const before = address.search;
  for (const [name, value] of Object.entries(display)) {
    const shown = value === defaults[name] ? null : value;
    if (shown === address.searchParams.get(name)) continue;
    if (shown === null) address.searchParams.delete(name);
    else address.searchParams.set(name, shown);
  }
  if (address.search !== before) writeHistory("replaceState", {}, address);
}

// `method` is pushState or replaceState. Some documents, e.g. previews, have no history that scripts may change.
function writeHistory(method, marks, address = window.location.href) {
  try {
    window.history[method]({ ...window.history.state, ...marks }, "", address);
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}

// Return a display that this data can show: other values become the default, else the last possible value.
function restrict(display, options, defaults, classes) {
  const possible = { ...display };
  for (const [name, values] of Object.entries(options)) {
    if (values.includes(display[name])) continue;
    possible[name] = values.includes(defaults[name]) ? defaults[name] : values.at(-1);
  }
  const named = findName(classes, possible.for_class);
  if (possible.target === "class" && named === null) possible.target = defaults.target;
  return { ...possible, for_class: named ?? "" };
}

// Synchronise address and display until `signal` aborts. When a page sets a query parameter, Streamlit rewrites the
// address with missing or old values of ours: write ours again. If the user goes back or forward, the display follows
// the address. If the path changes, another page is loading: do nothing.
function followAddress({ write, read, signal }) {
  const path = window.location.pathname;
  const onThisPage = (action) => () => window.location.pathname === path && action();
  window.addEventListener("popstate", onThisPage(read), { signal });
  if (window.navigation) {
    const onChange = (event) => event.navigationType !== "traverse" && onThisPage(write)();
    window.navigation.addEventListener("currententrychange", onChange, { signal });
  } else {
    const timer = setInterval(onThisPage(write), 500); // for browsers without an event for it
    signal.addEventListener("abort", () => clearInterval(timer));
  }
}
