// The toolbar: native inputs, which work with keyboards and screen readers. It shows and changes the display.

// Fill in texts and choices; called again when the data changes.
function buildToolbar(grid) {
  const { root, data } = grid;
  const { strings } = data;
  for (const element of root.querySelectorAll("[data-text]")) setText(element, strings[element.dataset.text]);
  for (const element of root.querySelectorAll("[data-label]")) element.ariaLabel = strings[element.dataset.label];
  for (const container of root.querySelectorAll("[data-radios]")) buildRadios(container, grid);
  buildTargets(root.querySelector(".target"), grid);
}

// Lists the targets with maps, and all classes if the server can send their maps.
function buildTargets(field, { options, data: { strings, large: { classes } } }) {
  const targets = options.target.filter((target) => target !== "class");
  const choices = targets.map((target) => makeOption(target, strings[`target_${target}`]));
  if (classes.length) {
    const group = make("optgroup");
    group.label = strings.target_class;
    group.append(...classes.map((name) => makeOption(`class:${name}`, name.normalize())));
    choices.push(group);
  }
  field.querySelector("select").replaceChildren(...choices);
  field.hidden = targets.length + classes.length < 2;
}

function makeOption(value, text) {
  const option = make("option", "", text);
  option.value = value;
  return option;
}

function buildRadios(container, grid) {
  const name = container.dataset.radios;
  const radios = grid.options[name].map((value) => {
    const [label, input] = [make("label", "option"), make("input")];
    const text = make("span", "", optionText(name, value, grid.data));
    Object.assign(input, { type: "radio", name, value });
    label.append(input, text);
    if (name === "colors") text.prepend(makeGradient(grid.tables[value]));
    if (name === "draw") text.append(make("small", "", grid.data.strings[`draw_${value}_help`]));
    return label;
  });
  container.replaceChildren(...radios);
}

function optionText(name, value, { strings, sources }) {
  if (name === "overlay" && value in sources) return sources[value].title;
  if (name === "colors") return value[0].toUpperCase() + value.slice(1);
  return strings[`${name}_${value}`];
}

// Show the display in the controls.
function showInToolbar({ root, display, options }) {
  for (const input of root.querySelectorAll("[data-radios] input")) input.checked = display[input.name] === input.value;
  const range = root.querySelector(".opacity input");
  range.value = display.opacity;
  range.style.setProperty("--filled", `${display.opacity}%`);
  range.disabled = display.overlay === "off";
  setText(root.querySelector(".opacity output"), `${display.opacity}%`);
  const target = display.target === "class" ? `class:${display.for_class}` : display.target;
  root.querySelector(".target select").value = target;
  for (const input of root.querySelectorAll(".switch input")) input.checked = display[input.name] === "on";
  root.querySelector(".divide input").disabled = display.overlay === "off";
  root.querySelector(".boxes").hidden = options.boxes.length < 2;
}

// Listen to the controls until `signal` aborts; call `change(changes)` to change the display.
function listenToToolbar(grid, change, signal) {
  const { root } = grid;
  const toolbar = root.querySelector(".toolbar");
  const onInput = ({ target }) => {
    if (target.type === "radio") change({ [target.name]: target.value });
    else if (target.type === "range") change({ opacity: target.value });
    else if (target.type === "checkbox") change({ [target.name]: target.checked ? "on" : "off" });
    else change(readTarget(target.value));
  };
  toolbar.addEventListener("input", onInput, { signal });
  root.querySelector(".copy").addEventListener("click", () => copyLink(grid), { signal });
  listenToPanel(root, signal);
}

function readTarget(value) {
  const isClass = value.startsWith("class:");
  return isClass ? { target: "class", for_class: value.slice(6) } : { target: value, for_class: "" };
}

function listenToPanel(root, signal) {
  const [button, panel] = [root.querySelector(".disclose"), root.querySelector(".panel")];
  const open = (opened) => {
    panel.hidden = !opened;
    button.setAttribute("aria-expanded", String(opened));
    if (opened) fitPanel(panel);
  };
  const leave = (event) => !event.composedPath().includes(button.parentElement) && open(false);
  button.addEventListener("click", () => open(panel.hidden), { signal });
  document.addEventListener("pointerdown", leave, { signal });
  root.querySelector(".drawing").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.preventDefault(); // else it would close the large view too
    open(false);
    button.focus();
  }, { signal });
}

const CLEARANCE = 12; // px between the panel and the window's edges

// Keep the panel within the window; it scrolls if it doesn't fit.
function fitPanel(panel) {
  panel.style.cssText = "";
  const { left, top } = panel.getBoundingClientRect();
  if (left < CLEARANCE) panel.style.right = `${left - CLEARANCE}px`;
  panel.style.maxHeight = `${window.innerHeight - top - CLEARANCE}px`;
}

async function copyLink(grid) {
  const { root, large, data: { strings } } = grid;
  const text = root.querySelector(".copy span");
  const copied = await copyText(window.location.href, large.tile ? large.dialog : document.body);
  announce(grid, copied ? strings.link_copied : strings.link_not_copied);
  setText(text, copied ? strings.link_copied : strings.link_not_copied);
  setTimeout(() => setText(text, strings.copy_link), 2500);
}
