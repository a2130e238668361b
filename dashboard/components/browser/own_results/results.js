// Panels of bars with downloads. A click asks Python for a file drawn as the address says; the file arrives
// in the data. Streamlit calls the default export again when data changes.

let saved = null; // serial of the last file, to save no file twice

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".own-results");
  const focused = root.contains(document.activeElement) && document.activeElement.dataset;
  root.replaceChildren(...data.panels.map((panel) => buildPanel(panel, data)));
  if (focused) findButton(root, focused)?.focus();
  root.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const view = Object.fromEntries(new URLSearchParams(window.location.search));
    setTriggerValue("asked", { panel: button.dataset.panel, download: button.dataset.download, view });
  };
  if (data.file && data.file.serial !== saved) {
    saved = data.file.serial;
    save(data.file);
  }
}

function findButton(root, { panel, download }) {
  const buttons = [...root.querySelectorAll("button")];
  return buttons.find((button) => button.dataset.panel === panel && button.dataset.download === download);
}

function buildPanel(panel, { downloads, strings }) {
  const section = element("section");
  const bars = element("ol");
  bars.ariaLabel = `${strings.classes}: ${panel.name}`;
  bars.append(...panel.bars.map(buildBar));
  const files = element("div", "files");
  files.append(...downloads.map(([id, title]) => {
    const button = element("button", "", title);
    button.type = "button";
    button.ariaLabel = `${strings.download}: ${title}, ${panel.name}`;
    Object.assign(button.dataset, { panel: panel.id, download: id });
    return button;
  }));
  section.append(element("h3", "", panel.name), bars, files);
  return section;
}

function buildBar({ label, share, written, note, chosen }) {
  const line = element("li", chosen ? "chosen" : "");
  const [name, room, bar] = [element("span", "", label), element("span"), element("i")];
  if (note) name.append(element("small", "", note));
  bar.style.width = `${100 * share}%`;
  room.append(bar);
  line.append(name, room, element("b", "", written));
  return line;
}

function save({ name, kind, content }) {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // browsers start to read it later
}

function element(name, css = "", text = "") {
  const made = document.createElement(name);
  if (css) made.className = css;
  made.textContent = text;
  return made;
}
