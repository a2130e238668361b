// Helpers for all parts of the grid. Text is inserted as text, never as markup.

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// Set a text if it changed, so that screen readers don't read it twice.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Announce a text to screen readers.
function announce({ root }, text) {
  setText(root.querySelector("[role=status]"), text);
}

// Return a text with the words in braces replaced.
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (word, name) => (name in values ? String(values[name]) : word));
}

// Return which of these names equals `wanted`, if need be in the other Unicode spelling; null if none does.
function findName(names, wanted) {
  if (names.includes(wanted)) return wanted;
  return names.find((name) => name.normalize() === wanted?.normalize()) ?? null;
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function decodeBytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function decodeMap({ height, width, values }) {
  const map = { height, width, values: new Float32Array(decodeBytes(values).buffer) };
  return { ...map, range: valueRange(map.values) };
}

// Return a canvas with one row of pixels that shows a colour map.
function makeGradient(table) {
  const canvas = make("canvas", "gradient");
  canvas.width = 256;
  canvas.height = 1;
  const pixels = new ImageData(256, 1);
  for (let entry = 0; entry < 256; entry++) {
    pixels.data.set([table[3 * entry], table[3 * entry + 1], table[3 * entry + 2], 255], 4 * entry);
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

// The Clipboard API needs https or localhost; dashboards on an internal server often use http.
async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    place.append(area); // inside an open dialog if there is one: a dialog blocks selections outside
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
