// Shows which classes are confused. Streamlit calls the default export again when data changes.

const orders = new WeakMap(); // the element that Streamlit gives -> the order of its table

export default function ({ data, parentElement, setTriggerValue }) {
  const view = {
    data,
    strings: data.strings,
    get order() { return orders.get(parentElement) ?? null; },
    set order(order) { orders.set(parentElement, order); },
    open: (label, predicted) => setTriggerValue("chosen", { label, predicted }),
  };
  for (const place of parentElement.querySelectorAll("[data-text]")) {
    place.textContent = data.strings[place.dataset.text];
  }
  parentElement.querySelector(".scroller").ariaLabel = data.strings.classes;
  buildMatrix(parentElement, view);
  buildMistakes(parentElement, view);
  buildTable(parentElement, view);
  parentElement.querySelector(".confusion").hidden = false; // hidden until it has texts
}
