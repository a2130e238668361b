// The report's page: mounts grid and table, shows one measure at a time, draws the charts. Everything is in the
// file; the content policy in its head blocks all requests.

document.getElementById("without-script").remove();
const report = JSON.parse(document.getElementById("report-data").textContent);

// Called by the grid's module. The grid's style needs a shadow root.
function mountGrid(show) {
  const host = document.getElementById("report-grid");
  if (!host) return;
  const parentElement = host.attachShadow({ mode: "open" });
  parentElement.append(document.getElementById("grid-template").content.cloneNode(true));
  show({ data: report.grid, parentElement, setTriggerValue() {} });
  parentElement.querySelector(".copy").hidden = window.location.protocol === "file:"; // a file address is useless to others
}

// Called by the module of the table.
function mountTable(show) {
  const parentElement = document.getElementById("report-table");
  if (!parentElement) return;
  const select = document.getElementById("report-measure");
  const draw = (measure) => {
    const columns = report.table.columns.map((column) => ({ ...column, chosen: column.id === measure }));
    const setTriggerValue = (_, { column }) => {
      select.value = column;
      choose(column);
      select.scrollIntoView({ block: "nearest" });
    };
    show({ data: { ...report.table, columns }, parentElement, setTriggerValue });
  };
  const choose = (measure) => {
    for (const part of document.querySelectorAll("[data-measure]")) part.hidden = part.dataset.measure !== measure;
    draw(measure);
  };
  select.addEventListener("change", () => choose(select.value));
  choose(select.value);
}

// Plotly is stored compressed, at a third of its size.
async function loadPlotly() {
  const element = document.getElementById("report-plotly");
  const bytes = Uint8Array.from(atob(element.textContent), (character) => character.charCodeAt(0));
  element.remove();
  const script = document.createElement("script");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

function drawChart(element) {
  const { data, layout } = report.charts[element.dataset.chart];
  const { color, fontFamily } = getComputedStyle(element);
  const font = { color, family: fontFamily, size: 12 };
  window.Plotly.react(element, data, { ...layout, font }, { displayModeBar: false, responsive: true });
}

async function drawCharts() {
  await loadPlotly();
  const charts = [...document.querySelectorAll("[data-chart]")];
  const draw = () => charts.forEach(drawChart);
  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

// The pictures come first.
const whenIdle = window.requestIdleCallback ?? ((run) => setTimeout(run, 300));
if (Object.keys(report.charts).length) window.addEventListener("load", () => whenIdle(drawCharts, { timeout: 2000 }));
