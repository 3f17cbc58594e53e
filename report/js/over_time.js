// Lines and bars over dates, and the marks of what is not over or looks back too little.

/** A panel's axes in Plotly's names. */
const axes = (panel) => (panel === 1 ? { xaxis: "x", yaxis: "y" }
  : { xaxis: "x", yaxis: `y${panel}` });

/**
 * A line of `points`: {at, value, open, early, says}. Dotted and hollow where a period still runs,
 * hatched below where too little history lies behind it for the number to be what it says.
 */
function line(points, name, tone, { panel = 1, form = count, dash, fill, meta } = {}) {
  const where = axes(panel);
  const over = points.filter((point) => !point.open);
  const running = points.filter((point) => point.open);
  const early = points.filter((point) => point.early);
  // Between two holes there is no line to be seen.
  const isAlone = (at) => points[at].value != null
    && points[at - 1]?.value == null && points[at + 1]?.value == null;
  const place = (found) => ({ x: found.map(({ at }) => at), y: found.map(({ value }) => value) });
  const quiet = { mode: "lines", hoverinfo: "skip", cliponaxis: false, ...where };
  const solid = { color: tone, width: 2, dash };
  const traces = [];
  if (early.length) {
    traces.push({
      ...quiet, ...place(early), line: { width: 0, color: tone }, fill: "tozeroy",
      fillcolor: "rgba(0,0,0,0)",
      fillpattern: { shape: "/", size: 7, fgcolor: tone, bgcolor: "rgba(0,0,0,0)", solidity: 0.15 },
      name: "early",
    });
  }
  traces.push({ ...quiet, ...place(over), line: solid, ...(fill ? { fill: "tozeroy" } : {}) });
  if (running.length) {
    traces.push({
      ...quiet, ...place([...over.slice(-1), ...running]), line: { ...solid, dash: "dot" },
    });
  }
  // The lines are silent: a point where one ends and the next begins would speak twice.
  traces.push({
    ...where, ...place(points), mode: "markers", name: plain(name), cliponaxis: false,
    marker: {
      symbol: points.map((point) => (point.open ? "circle-open" : "circle")), opacity: 1,
      color: tone, line: { width: points.map((point) => (point.open ? 2 : 0)), color: tone },
      size: points.map((point, at) => (point.open ? 8 : isAlone(at) ? 6 : 0)),
    },
    customdata: points.map((point) => `${short(name)} ${point.says ?? form(point.value)}`
      + `${point.early ? " · too little history" : ""}${point.open ? ` · ${RUNNING}` : ""}`),
    hovertemplate: "%{customdata}<extra></extra>", meta: meta ?? { column: name },
  });
  return traces;
}

/** The same numbers of as many periods before, drawn where those of now are. */
function beforeLine(points, name, { panel = 1, form = count } = {}) {
  const found = points.filter((point) => point.value != null);
  if (!found.length) return [];
  return [{
    ...axes(panel), x: found.map(({ at }) => at), y: found.map(({ value }) => value),
    mode: "lines", cliponaxis: false, line: { color: look().grey, width: 1.5, dash: "dash" },
    customdata: found.map(({ value, was }) => `${plain(name)} ${form(value)} · ${was}`),
    hovertemplate: "%{customdata}<extra></extra>", name: plain(name), meta: { before: name },
  }];
}

/** Points of a span; `value` gets a row of it and its place, and may give null. */
function pointsOf(found, value, more = () => ({})) {
  return found.shown.map((row, at) => ({
    at: row.period_start, value: value(row), open: !row.is_complete, ...more(row, at),
  }));
}

/** Those of as many periods before; none unless the reader compares. */
function pointsBefore(found, value) {
  if (!state.compare) return [];
  return found.shown.map((row, at) => {
    const was = found.before(at);
    // What still runs would be held against a period that is over.
    return { at: row.period_start, value: was && row.is_complete ? value(was) : null,
      was: was?.period_start };
  });
}

/** A layout of panels one above the other on one axis of dates. */
function panels(found, height, shares, titles, formats = []) {
  const gap = titles.length > 1 ? 0.13 : 0;
  const free = 1 - gap * (titles.length - 1);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const laid = layout(height, { annotations: [] });
  let top = 1;
  shares.forEach((share, at) => {
    const bottom = Math.max(top - (free * share) / whole, 0);
    laid[`yaxis${at ? at + 1 : ""}`] = axis("", {
      rangemode: "tozero", nticks: 5, domain: [bottom, top], tickformat: formats[at] ?? ",d",
    });
    if (titles[at]) {
      laid.annotations.push({
        text: titles[at], xref: "paper", yref: "paper", x: 0, y: top, xanchor: "left",
        yanchor: "bottom", yshift: 3, showarrow: false, font: { color: look().soft },
      });
    }
    top = bottom - gap;
  });
  laid.xaxis = { ...dateAxis(found.shown), anchor: shares.length > 1 ? `y${shares.length}` : "y" };
  return laid;
}

/** Bars need half a bar's room at both ends. */
function barAxis(found) {
  const step = { day: 1, week: 7, month: 30 }[found.period] / 2;
  const xs = found.shown.map((row) => Date.parse(row.period_start));
  if (!xs.length) return dateAxis(found.shown);
  const at = (time) => new Date(time).toISOString().slice(0, 16);
  return { ...dateAxis(found.shown),
    range: [at(xs[0] - step * 86400000), at(xs[xs.length - 1] + step * 86400000)] };
}

function bars(points, name, tone, { panel = 1, form = count, sign = 1, meta } = {}) {
  return {
    ...axes(panel), type: "bar", name: plain(name), x: points.map(({ at }) => at),
    y: points.map(({ value }) => (value == null ? null : sign * value)),
    marker: barLook(points.map(({ open }) => open), tone),
    customdata: points.map((point) =>
      `${plain(name)} ${form(point.value)}${point.open ? ` · ${point.why ?? RUNNING}` : ""}`),
    hovertemplate: "%{customdata}<extra></extra>", meta: meta ?? { column: name },
  };
}

/** The sentence under a title: which dates, by what. */
function dates(found, more = "") {
  if (!found.shown.length) return "No whole period lies in these dates.";
  const [first, last] = [found.shown[0], found.shown[found.shown.length - 1]];
  const end = endOf(found.period, last.period_start);
  return `${first.period_start} to ${end}, by ${found.period}. ${more}`.trim();
}

function spoken(points, name, form = count) {
  return points.map((point) => ({ at: point.at,
    says: `${point.at}: ${name} ${form(point.value)}${point.open ? `, ${RUNNING}` : ""}` }));
}

/** Samples for what a chart marks; `points` are all that it draws. */
function marks(points, kind, before = []) {
  const { grey } = look();
  const samples = [];
  if (before.some((point) => point.value != null)) samples.push(["dashed", grey, "the period before"]);
  if (points.some((point) => point.open)) {
    samples.push([kind === "line" ? "dotted" : "hatched", grey, RUNNING]);
  }
  return samples;
}

/** A table's columns: a date, columns of the rows, and whether the period is over. */
function dateTable(found, columns) {
  return {
    columns: [
      { name: `${found.period}_start`, title: found.period, value: (row) => row.at },
      ...columns,
      { name: "is_complete", title: "period", value: (row) => !row.open,
        form: (over) => (over ? "over" : RUNNING) },
    ],
    rows: found.shown.map((row) => ({ at: row.period_start, open: !row.is_complete, row })),
    open: (row) => row.open,
  };
}
const column = (name, title, value, form = count) =>
  ({ name, title, value: ({ row }) => value(row), form });
