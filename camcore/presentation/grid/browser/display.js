// The display (overlay, opacity, ...): how the grid draws. The browser keeps it in the page's address.

// Return the display that an address asks for: known names with allowed values.
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

// Write the display into the address, without values that equal the default. Writes only changes.
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

// `method` is pushState or replaceState. Some documents have no history that a script may write to, e.g. in a preview.
function writeHistory(method, marks, address = window.location.href) {
  try {
    window.history[method]({ ...window.history.state, ...marks }, "", address);
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}

// Return a display that this data can show: other values become the default, or else the last possible one.
function restrict(display, options, defaults, classes) {
  const possible = { ...display };
  for (const [name, values] of Object.entries(options)) {
    if (values.includes(display[name])) continue;
    possible[name] = values.includes(defaults[name]) ? defaults[name] : values.at(-1);
  }
  if (possible.target === "class" && !classes.includes(possible.for_class)) possible.target = defaults.target;
  return possible;
}

// Keep the address in step until `signal` aborts. Streamlit rewrites it from what the server last heard, without our
// names or with old values, whenever a page sets a query parameter: then ours are put back. Where the user goes back or
// forward, the address is right and the display follows it. Another path means that another page is coming: hands off.
function followAddress({ write, read, signal }) {
  const path = window.location.pathname;
  const here = (action) => () => window.location.pathname === path && action();
  window.addEventListener("popstate", here(read), { signal });
  if (window.navigation) {
    const onChange = (event) => event.navigationType !== "traverse" && here(write)();
    window.navigation.addEventListener("currententrychange", onChange, { signal });
  } else {
    const timer = setInterval(here(write), 500); // browsers that don't tell of a change
    signal.addEventListener("abort", () => clearInterval(timer));
  }
}
