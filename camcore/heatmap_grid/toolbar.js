// The toolbar: native inputs, so that keyboards and screen readers know them. It shows a view and asks for changes.

// Fill in the texts and the choices; called again with every new data.
function buildToolbar(grid) {
  const { root, data } = grid;
  const { strings } = data;
  for (const element of root.querySelectorAll("[data-text]")) setText(element, strings[element.dataset.text]);
  for (const element of root.querySelectorAll("[data-label]")) element.ariaLabel = strings[element.dataset.label];
  for (const container of root.querySelectorAll("[data-radios]")) buildRadios(container, grid);
  const select = root.querySelector(".target select");
  const targets = grid.options.target.map((target) => {
    const option = make("option", "", strings[`target_${target}`]);
    option.value = target;
    return option;
  });
  select.replaceChildren(...targets);
  root.querySelector(".target").hidden = targets.length < 2;
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

// Show a view in the controls.
function showInToolbar({ root, view, options }) {
  for (const input of root.querySelectorAll("[data-radios] input")) input.checked = view[input.name] === input.value;
  const range = root.querySelector(".opacity input");
  range.value = view.opacity;
  range.style.setProperty("--filled", `${view.opacity}%`);
  range.disabled = view.overlay === "off";
  setText(root.querySelector(".opacity output"), `${view.opacity}%`);
  root.querySelector(".target select").value = view.target;
  root.querySelector(".boxes input").checked = view.boxes === "on";
  root.querySelector(".boxes").hidden = options.boxes.length < 2;
}

// Listen to the controls until `signal` aborts; `change(name, value)` asks for a new view.
function listenToToolbar(grid, change, signal) {
  const { root } = grid;
  const toolbar = root.querySelector(".toolbar");
  const onInput = ({ target }) => {
    if (target.type === "radio") change(target.name, target.value);
    else if (target.type === "range") change("opacity", target.value);
    else if (target.type === "checkbox") change("boxes", target.checked ? "on" : "off");
    else change("target", target.value);
  };
  toolbar.addEventListener("input", onInput, { signal });
  root.querySelector(".copy").addEventListener("click", () => copyLink(grid), { signal });
  listenToPanel(root, signal);
}

function listenToPanel(root, signal) {
  const [button, panel] = [root.querySelector(".disclose"), root.querySelector(".panel")];
  const open = (opened) => {
    panel.hidden = !opened;
    button.setAttribute("aria-expanded", String(opened));
  };
  const leave = (event) => !event.composedPath().includes(button.parentElement) && open(false);
  button.addEventListener("click", () => open(panel.hidden), { signal });
  document.addEventListener("pointerdown", leave, { signal });
  root.querySelector(".drawing").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    open(false);
    button.focus();
  }, { signal });
}

async function copyLink({ root, data: { strings } }) {
  const copied = await copyText(window.location.href);
  const text = root.querySelector(".copy span");
  setText(root.querySelector("[role=status]"), copied ? strings.link_copied : strings.link_not_copied);
  setText(text, copied ? strings.link_copied : strings.link_not_copied);
  setTimeout(() => setText(text, strings.copy_link), 2500);
}
