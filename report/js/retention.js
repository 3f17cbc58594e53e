// Who comes back: a triangle of cohorts, and curves.

// The share of a smaller cohort says little: one person more or less is three points.
const ENOUGH_USERS = 30;
const FEWEST_COHORTS = 8;

/** The chosen retention's definition and its cells in order, cohorts within the dates. */
function chosenRetention() {
  const definition = rows("retentions").find((row) => row.retention === state.retention);
  const cells = rows("cohort_retention").filter((row) => row.retention === state.retention);
  const starts = [...new Set(cells.map((row) => row.cohort_start))]
    .filter((start) => start <= state.to);
  const within = starts.filter((start) => endOf(definition.period, start) >= state.from);
  const shown = new Set(within.length < FEWEST_COHORTS ? starts.slice(-FEWEST_COHORTS) : within);
  const kept = cells.filter((row) => shown.has(row.cohort_start));
  return { definition, period: definition.period, cells: kept,
    cohorts: grouped(kept, (row) => row.cohort_start),
    numbers: [...new Set(kept.map((row) => row.period_number))].sort((a, b) => a - b) };
}

/** All cohorts together, each weighted by its people; only cells that are over. */
function weighted(cells, numbers) {
  const found = grouped(cells.filter((row) => row.is_complete), (row) => row.period_number);
  return numbers.map((number) => {
    const mine = found.get(number) ?? [];
    const users = total(mine, "cohort_users");
    return { number, users, retained: total(mine, "retained_users"),
      rate: ratio(total(mine, "retained_users"), users) };
  });
}

function meaning({ definition, period }) {
  const kind = definition.cohort_kind === "first_time" ? "first did" : "did";
  return `Cohort: who ${kind} ${eventName(definition.cohort_event)} in the ${period}. `
    + `Back: ${eventName(definition.return_event)}.`;
}

const cellWords = (cell, period) => `Cohort of ${cell.cohort_start}, ${period} ${cell.period_number}: `
  + `${count(cell.retained_users)} of ${plural(cell.cohort_users, "person", "people")} `
  + `(${percent(cell.retention_rate)})${cell.is_complete ? "" : `, ${RUNNING}`}`;

drawers.cohorts = () => {
  const found = chosenRetention();
  const { cells, cohorts, period } = found;
  const numbers = found.numbers.filter((number) => number > 0);
  const enough = cells.filter((row) => row.cohort_users >= ENOUGH_USERS && row.period_number > 0);
  const judged = enough.length ? enough : cells.filter((row) => row.period_number > 0);
  const most = Math.max(...judged.map((row) => row.retention_rate ?? 0), 0) || 1;
  const isColoured = (cell) => !enough.length || cell.cohort_users >= ENOUGH_USERS;
  const small = enough.length && cells.some((row) => !isColoured(row));
  const sum = weighted(cells, numbers);
  const size = total([...cohorts.values()].map((line) => line[0]), "cohort_users");
  // Two digits say enough; where all shares are small, so does one behind the point.
  const digits = most < 0.2 && !isNarrow() ? 1 : 0;
  const rate = (value) => (value == null ? "" : (100 * value).toFixed(digits));

  const status = element("p", { class: "status", role: "status" },
    "Point at a cell, or go through them with the arrow keys.");
  const cellOf = (words, value, coloured, open, cell) => {
    const made = element("td", { title: words, tabindex: -1, "aria-label": words }, rate(value));
    if (value != null && coloured) {
      const ground = shade(value / most);
      made.style.background = ground;
      made.style.color = inkOn(ground);
    }
    made.className = [open ? "running" : "", coloured ? "" : "few"].join(" ").trim();
    for (const kind of ["focus", "pointerenter"]) {
      made.addEventListener(kind, () => { status.textContent = words; });
    }
    made.addEventListener("click", () => {
      status.textContent = words;
      if (cell) showCohortUsers(cell, period);
    });
    return made;
  };
  const all = element("tr", { class: "all" }, element("th", { scope: "row" }, "All, weighted"),
    element("td", { class: "size" }, count(size)),
    ...sum.map(({ number, users, retained, rate: share }) => cellOf(
      `All cohorts, ${period} ${number}: ${count(retained)} of ${plural(users, "person", "people")} `
      + `(${percent(share)}), cells that are over`, share, true, false)));
  const lines = [...cohorts].reverse().map(([start, line]) => {
    const at = new Map(line.map((cell) => [cell.period_number, cell]));
    return element("tr", {}, element("th", { scope: "row" }, start),
      element("td", { class: "size" }, count(line[0].cohort_users)),
      ...numbers.map((number) => (at.has(number)
        ? cellOf(cellWords(at.get(number), period), at.get(number).retention_rate,
          isColoured(at.get(number)), !at.get(number).is_complete, at.get(number))
        : element("td", { class: "none" }))));
  });
  const table = element("table", { class: "heat", "data-cohorts": found.definition.retention },
    element("caption", {}, `Share of each cohort that was back, in per cent, by ${period}s later`),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "cohort"),
      element("th", { scope: "col" }, "people"),
      ...numbers.map((number) => element("th", { scope: "col" }, String(number))))),
    element("tbody", {}, all, ...lines));
  walkCells(table);
  const { grey } = look();
  return {
    body: [element("div", { class: "heat-scroll" }, table), status],
    legend: [["shades", `linear-gradient(90deg, ${look().scale.join(", ")})`, `0 to ${percent(most)}`],
      ...(cells.some((row) => !row.is_complete) ? [["framed", grey, RUNNING]] : []),
      ...(small ? [["few", grey, `fewer than ${ENOUGH_USERS} people: not coloured`]] : [])],
    note: `${meaning(found)} ${plural(cohorts.size, "cohort")}, the latest first; each cell is the `
      + `share in per cent that was back in that ${period}.`,
    table: cohortTable(found, numbers),
    picture: cohortPicture(found, numbers, sum, most),
  };
};

/** The cells as rows: what a spreadsheet needs, and what a screen reader gets through. */
function cohortTable({ cells, period }) {
  return {
    columns: [
      { name: "cohort_start", title: "cohort", value: (row) => row.cohort_start },
      { name: "period_number", title: `${period}s later`, value: (row) => row.period_number },
      { name: "cohort_users", title: "people", value: (row) => row.cohort_users, form: count },
      { name: "retained_users", title: "back", value: (row) => row.retained_users, form: count },
      { name: "retention_rate", title: "share", value: (row) => row.retention_rate, form: percent },
      { name: "is_complete", title: "period", value: (row) => row.is_complete,
        form: (over) => (over ? "over" : RUNNING) },
    ],
    rows: cells,
    open: (row) => !row.is_complete,
  };
}

/** The triangle for a PNG, as Plotly draws one. */
function cohortPicture({ cohorts, period }, numbers, sum, most) {
  const starts = [...cohorts].reverse();
  const rates = starts.map(([, line]) => {
    const at = new Map(line.map((cell) => [cell.period_number, cell.retention_rate]));
    return numbers.map((number) => at.get(number) ?? null);
  });
  const labels = ["all, weighted",
    ...starts.map(([start, line]) => `${start} · ${count(line[0].cohort_users)}`)];
  const shares = [sum.map(({ rate }) => rate), ...rates];
  return {
    traces: [{
      type: "heatmap", x: numbers, zmin: 0, zmax: most, xgap: 2, ygap: 2, showscale: false,
      y: labels, z: shares, hoverongaps: false,
      colorscale: look().scale.map((tone, at, all) => [at / (all.length - 1), tone]),
    }],
    layout: layout(90 + 24 * (starts.length + 1), {
      xaxis: axis(`${period}s later`, { dtick: 1, showgrid: false }),
      yaxis: axis("", { type: "category", autorange: "reversed", showgrid: false }),
      margin: { l: 120, r: 12, t: 10, b: 40 },
      // Plotly's own labels are grey on blue.
      annotations: shares.flatMap((line, at) => line.map((rate, place) => ({
        x: numbers[place], y: labels[at], text: rate == null ? "" : `${(100 * rate).toFixed(1)}%`,
        showarrow: false, font: { color: inkOn(shade((rate ?? 0) / most)), size: 12 },
      }))),
    }),
  };
}

/** One cell of a table is in the order of Tab; from there the arrow keys lead to the others. */
function walkCells(table) {
  const lines = [...table.tBodies[0].rows].map((row) => [...row.cells].filter((cell) =>
    cell.hasAttribute("tabindex")));
  if (lines[0]?.[0]) lines[0][0].tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
      ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    const line = lines.findIndex((cells) => cells.includes(event.target));
    if (line < 0) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.target.click();
    }
    if (!(down || right)) return;
    const place = lines[line].indexOf(event.target) + right;
    let at = line + down;
    // Young cohorts have fewer cells: past them to one that has this.
    while (down && lines[at] && !lines[at][place]) at += down;
    const to = lines[at]?.[place];
    event.preventDefault();
    if (!to) return;
    event.target.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
}

drawers.curves = () => {
  const found = chosenRetention();
  const { period } = found;
  let curves = [{ title: "all cohorts, weighted",
    points: weighted(found.cells, found.numbers.filter((number) => number > 0))
      .filter((point) => point.rate != null) }];
  let which = `Cohorts of ${[...found.cohorts.keys()][0]} to ${[...found.cohorts.keys()].pop()}`;
  if (state.by) {
    const mine = rows("cohort_retention_by_segment").filter((row) =>
      row.segment === state.by && row.retention === state.retention && row.period_number > 0);
    curves = [...grouped(mine, valueKey).values()].map((cells) => ({
      title: valueName(cells[0]),
      points: cells.map((cell) => ({ number: cell.period_number, users: cell.cohort_users,
        retained: cell.retained_users, rate: ratio(cell.retained_users, cell.cohort_users) })),
    })).filter((curve) => (curve.points[0]?.users ?? 0) > 0);
    const firsts = mine.map((row) => row.first_cohort).sort();
    which = `All cohorts held, from ${firsts[0] ?? NOTHING} on, whatever dates are chosen, by ${state.by}`;
  }
  const few = curves.filter((curve) => (curve.points[0]?.users ?? 0) < ENOUGH_USERS);
  const flat = curves.flatMap((curve) => curve.points.map((point) => ({ ...point, title: curve.title })));
  return {
    traces: curves.map((curve, at) => ({
      type: "scatter", mode: "lines+markers", name: plain(curve.title),
      x: curve.points.map(({ number }) => number), y: curve.points.map(({ rate }) => rate),
      line: { color: color(at), width: 2, dash: few.includes(curve) && curves.length > 1 ? "dot" : "solid" },
      marker: { size: 5, color: color(at) }, cliponaxis: false,
      customdata: curve.points.map((point) => `${short(curve.title)} ${percent(point.rate)} · `
        + `${count(point.retained)} of ${count(point.users)}`),
      hovertemplate: "%{customdata}<extra></extra>", meta: { value: curve.title },
    })),
    layout: layout(300, {
      xaxis: axis(`${period}s later`, { dtick: 1, showgrid: false,
        range: [0.8, Math.max(...found.numbers, 2)] }),
      yaxis: axis("", { tickformat: ",.1~%", rangemode: "tozero", nticks: 6 }),
    }),
    points: curves[0]?.points.map((point) => ({ at: point.number,
      says: `${period} ${point.number}: ${percent(point.rate)}` })),
    legend: [...curves.map((curve, at) => [few.includes(curve) && curves.length > 1 ? "dotted" : "line",
      color(at), curve.title])],
    note: `${which}. Only ${period}s that are over count; each person weighs the same.`,
    warning: few.length && curves.length > 1
      ? `Dotted: fewer than ${ENOUGH_USERS} people, of whom each is several points.` : "",
    says: `A line for ${curves.length === 1 ? "all cohorts" : `each of ${curves.length} values`}: `
      + `${percent(curves[0]?.points[0]?.rate)} of ${curves[0]?.title} were back one ${period} later.`,
    table: {
      columns: [
        { name: "value", title: state.by || "cohorts", value: (row) => row.title },
        { name: "period_number", title: `${period}s later`, value: (row) => row.number },
        { name: "cohort_users", title: "people", value: (row) => row.users, form: count },
        { name: "retained_users", title: "back", value: (row) => row.retained, form: count },
        { name: "retention_rate", title: "share", value: (row) => row.rate, form: percent },
      ],
      rows: flat,
    },
  };
};
