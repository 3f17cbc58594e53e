// A figure on the page: its chart, legend, notes, table, CSV and PNG. What is drawn each chart says:
// {traces, layout, legend, note, warning, says, table, body, picture}.
const drawers = {};
const drawn = new Map();
const partOf = (key, part) => document.querySelector(`#${key} [data-part="${part}"]`);

function drawLegend(key, samples = []) {
  partOf(key, "legend").replaceChildren(...samples.map(([kind, tone, name]) => {
    const sample = element("span", { class: `sample ${kind}`, "aria-hidden": "true" });
    sample.style.setProperty("--of", tone);
    return element("li", {}, sample, name);
  }));
}

function drawTable(key) {
  const place = partOf(key, "table");
  const { table } = drawn.get(key);
  if (!place || !place.closest("details").open || !table) return;
  const head = element("tr", {}, ...table.columns.map(({ title }) =>
    element("th", { scope: "col" }, title)));
  const shown = table.rows.slice(0, MOST_ROWS);
  const body = shown.map((row) => element(
    "tr", { class: table.open?.(row) ? "open" : null },
    ...table.columns.map(({ value, form = text }, at) =>
      element(at ? "td" : "th", at ? {} : { scope: "row" }, form(value(row), row)))));
  const left = table.rows.length - shown.length;
  const caption = partOf(key, "title").textContent
    + (left > 0 ? `: the first ${count(shown.length)} rows; the CSV has all` : "");
  place.replaceChildren(element("table", {}, element("caption", {}, caption),
    element("thead", {}, head), element("tbody", {}, ...body)));
}

/** Draw a figure anew; what one of them does not bear keeps nobody from seeing the others. */
function drawFigure(key) {
  try {
    fillFigure(key, drawers[key]());
  } catch (error) {
    console.error(key, error);
    partOf(key, "note").textContent = "This chart could not be drawn.";
  }
}

function fillFigure(key, made) {
  drawn.set(key, made);
  partOf(key, "note").textContent = made.note ?? "";
  const warning = partOf(key, "warning");
  warning.textContent = made.warning ?? "";
  warning.hidden = !made.warning;
  drawLegend(key, made.legend);
  const chart = partOf(key, "chart");
  if (made.body) {
    partOf(key, "body").replaceChildren(...made.body);
  }
  if (chart) chart.hidden = !made.traces;
  if (made.traces && chart) {
    chart.setAttribute("aria-label", `${partOf(key, "title").textContent}. ${made.says}`);
    chart.style.height = `${made.layout.height}px`;
    Plotly.react(chart, made.traces, made.layout, { responsive: true, displayModeBar: false });
    // The sentence is the picture's name; its parts have none.
    chart.firstElementChild?.setAttribute("aria-hidden", "true");
  }
  drawTable(key);
}

function save(name, address) {
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

/** A value as a field of a CSV; a spreadsheet shall take no name for a formula. */
function field(value) {
  if (value == null) return "";
  const said = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(said) ? `"${said.replace(/"/g, '""')}"` : said;
}

function csvOf(table) {
  const lines = [table.columns.map(({ name, title }) => field(name ?? title))];
  for (const row of table.rows) lines.push(table.columns.map(({ value }) => field(value(row))));
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function saveText(name, said) {
  const address = URL.createObjectURL(new Blob([said], { type: "text/csv" }));
  save(name, address);
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const fileName = (key, ending) => `${key}_${state.from}_${state.to}.${ending}`;

/** Text in lines of at most so many characters. */
function wrapped(said, most = 130) {
  const lines = [""];
  for (const word of said.split(" ")) {
    if (lines[lines.length - 1].length + word.length > most) lines.push("");
    lines[lines.length - 1] += `${word} `;
  }
  return lines.map((line) => plain(line.trim()));
}

/** A chart with its title, notes and legend, which on the page are text around it. */
async function savePicture(key) {
  const made = drawn.get(key);
  const { traces, layout: laid } = made.picture ?? made;
  const signs = { bar: "■", line: "━", dotted: "┅", dashed: "╌", hatched: "▨" };
  const legend = (made.legend ?? []).filter(([kind]) => signs[kind]).map(([kind, tone, name]) =>
    `<span style="color:${tone}">${signs[kind]}</span> ${short(name)}`);
  const lines = [`<b>${plain(partOf(key, "title").textContent)}</b>`, ...wrapped(made.note ?? ""),
    ...(made.warning ? wrapped(made.warning) : []), ...(legend.length ? [legend.join("   ")] : [])];
  const above = 18 * lines.length + 20;
  const size = { width: 1000, height: laid.height + above };
  const image = await Plotly.toImage({
    data: traces,
    layout: {
      ...laid, ...size, autosize: false, margin: { ...laid.margin, t: (laid.margin?.t ?? 24) + above },
      title: {
        text: lines.join("<br>"), x: 0, xanchor: "left", xref: "container", y: 1, yanchor: "top",
        yref: "container", pad: { t: 16, l: 12 }, font: { size: 13 },
      },
    },
  }, { format: "png", ...size, scale: 2 });
  save(fileName(key, "png"), image);
}

/** Wire up the buttons of a figure. */
function prepareFigure(figure) {
  const key = figure.id;
  figure.querySelector("details.numbers")?.addEventListener("toggle", () => drawTable(key));
  figure.querySelector('[data-do="csv"]')?.addEventListener("click", () =>
    saveText(fileName(key, "csv"), csvOf(drawn.get(key).table)));
  figure.querySelector('[data-do="png"]')?.addEventListener("click", () => savePicture(key));
  const about = figure.querySelector('[data-do="about"]');
  about?.addEventListener("click", () => {
    const definition = partOf(key, "about");
    definition.hidden = !definition.hidden;
    about.setAttribute("aria-expanded", String(!definition.hidden));
  });
  const chart = partOf(key, "chart");
  chart?.addEventListener("keydown", (event) => walk(event, chart, key));
}

/** Go from point to point of a chart with the arrow keys, and say each. */
function walk(event, chart, key) {
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  const points = drawn.get(key).points;
  if (!step || !points?.length) return;
  event.preventDefault();
  const at = Number(chart.dataset.at ?? (step > 0 ? -1 : points.length));
  const next = Math.min(Math.max(at + step, 0), points.length - 1);
  chart.dataset.at = next;
  const { at: place } = points[next];
  Plotly.Fx.hover(chart, { xval: typeof place === "number" ? place : Date.parse(place) }, ["xy"]);
  document.getElementById("spoken").textContent = points[next].says;
}
