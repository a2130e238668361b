// Elements, and links to the gallery: a plain click asks the server, the browser handles all other clicks.

const SVG = "http://www.w3.org/2000/svg";

function element(name, css = "", text = "") {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text) made.textContent = text;
  return made;
}

function shape(name, attributes, css = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (css) made.setAttribute("class", css);
  return made;
}

// Return a text with the words in braces replaced once; inserted values may contain braces.
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function link(text, label, predicted, view) {
  const made = element("a", "", text);
  made.href = address(label, predicted, view.data);
  made.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    view.open(label, predicted);
  });
  return made;
}

function address(label, predicted, { names, parameters }) {
  const query = new URLSearchParams({ ...parameters, class: names[label] });
  if (predicted !== null) query.set("predicted", names[predicted]);
  return `gallery?${query}`;
}
