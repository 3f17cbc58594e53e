// The controls, and what is drawn when they change.
const OUT_OF_DATE_HOURS = 36;
const figures = [...document.querySelectorAll("figure")];
const boundTo = { retention: ["cohorts", "curves"], funnel: ["funnel", "entries"], steps: ["paths"] };

function hoursBetween(earlier, later) {
  return (Date.parse(later) - Date.parse(earlier)) / 3600000;
}
const ago = (hours) => (hours < 48 ? plural(Math.round(hours), "hour")
  : plural(Math.round(hours / 24), "day"));

/** Say where the page, or what it shows, is old. */
function drawAge() {
  const made = hoursBetween(facts.made_at, new Date().toISOString());
  const behind = hoursBetween(facts.latest_event_at, facts.made_at);
  const said = [];
  if (made > OUT_OF_DATE_HOURS) {
    said.push(`This page was made ${ago(made)} ago: make it again with “make report”.`);
  }
  if (behind > OUT_OF_DATE_HOURS) {
    said.push(`The latest event was ${ago(behind)} old when the page was made: newer ones are not loaded, `
      + "not built, or there are none.");
  }
  const stale = document.getElementById("stale");
  stale.textContent = said.join(" ");
  stale.hidden = !said.length;
}

function drawControls() {
  document.querySelectorAll("[name=days]").forEach((input) => { input.checked = input.value === state.days; });
  document.querySelectorAll("[name=period]").forEach((input) => { input.checked = input.value === state.period; });
  for (const name of ["from", "to", "by"]) document.querySelector(`[name=${name}]`).value = state[name];
  document.querySelector("[name=compare]").checked = state.compare;
  document.querySelectorAll("select[data-choose]").forEach((select) => {
    select.value = state[select.dataset.choose];
  });
}

function draw(keys = figures.map((figure) => figure.id)) {
  writeAddress();
  drawControls();
  drawTiles();
  keys.forEach(drawFigure);
}

function fill(select, options) {
  select.append(...options.map(([value, title]) => element("option", { value }, title)));
}

function prepareControls() {
  const form = document.getElementById("controls");
  const choices = document.getElementById("days");
  choices.append(...PRESETS.map(([value, title]) => element("label", {},
    element("input", { type: "radio", name: "days", value }), element("span", {}, title))));
  document.getElementById("periods").append(...PERIODS.map((value) => element("label", {},
    element("input", { type: "radio", name: "period", value }), element("span", {}, value))));
  for (const name of ["from", "to"]) {
    Object.assign(form.elements[name], { min: FIRST, max: LAST });
  }
  fill(form.elements.by, [["", "nothing"], ...segments.map((name) => [name, name])]);
  form.elements.by.closest("label").hidden = !segments.length;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    if (target.name === "days") takeDays(target.value);
    if (target.name === "period") state.period = target.value;
    if (target.name === "by") state.by = target.value;
    if (target.name === "compare") state.compare = target.checked;
    if (["from", "to"].includes(target.name)) {
      // Half a date, while somebody types it, is none.
      if (!isDate(form.elements.from.value) || !isDate(form.elements.to.value)) return;
      takeDates(form.elements.from.value, form.elements.to.value);
    }
    draw();
  });
  const choosers = { retention: rows("retentions").map((row) => [row.retention, row.retention]),
    funnel: rows("funnels").map((row) => [row.funnel, row.funnel]),
    steps: ["2", "3", "4", "5"].map((value) => [value, value]) };
  document.querySelectorAll("select[data-choose]").forEach((select) => {
    const name = select.dataset.choose;
    fill(select, choosers[name]);
    select.addEventListener("change", () => {
      state[name] = select.value;
      draw(boundTo[name]);
    });
  });
}

/** Light, dark, or as the system says. */
function prepareTheme() {
  const button = document.getElementById("theme");
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  try {
    document.documentElement.dataset.theme = localStorage.getItem("report-theme") ?? "";
  } catch { /* some browsers keep nothing for files */ }
  button.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try { localStorage.setItem("report-theme", chosen); } catch { /* as above */ }
    name();
    draw();
  });
  prefersDark.addEventListener("change", () => { name(); draw(); });
  name();
}

/** Paper is light and has another width, and what is drawn does not follow by itself. */
function preparePrinting() {
  const charts = () => [...document.querySelectorAll(".chart")];
  const redraw = (is) => {
    printing = is;
    figures.forEach((figure) => drawFigure(figure.id));
    charts().forEach((chart) => Plotly.relayout(chart,
      is ? { autosize: false, width: 640 } : { autosize: true, width: null }));
  };
  addEventListener("beforeprint", () => redraw(true));
  addEventListener("afterprint", () => redraw(false));
}

let wasNarrow = isNarrow();
addEventListener("resize", () => {
  if (wasNarrow === isNarrow()) return;
  wasNarrow = isNarrow();
  draw();
});
document.querySelectorAll("nav a").forEach((link) => link.addEventListener("click", (event) => {
  // The address holds what was chosen, so a link does not put its own name there.
  event.preventDefault();
  const heading = document.querySelector(`${link.getAttribute("href")} h2`);
  heading.scrollIntoView();
  heading.focus({ preventScroll: true });
}));
document.getElementById("made").textContent = instant(facts.made_at);
document.getElementById("latest").textContent = instant(facts.latest_event_at);
addEventListener("hashchange", () => { readAddress(); draw(); });
figures.forEach(prepareFigure);
prepareControls();
prepareTheme();
preparePrinting();
readAddress();
drawAge();
draw();
// Where Plotly measures text; nobody shall come upon it.
document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
document.documentElement.dataset.ready = "yes";
