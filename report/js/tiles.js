// What is asked first: numbers of the days that are over, held against as many days before.

const mean = (values) => {
  const known = values.filter((value) => value != null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
};

/** A line of the values without axes; the number beside it says the rest. */
function sparkline(values) {
  const known = values.map((value, at) => [at, value]).filter(([, value]) => value != null);
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const [width, height] = [120, 30];
  Object.entries({ viewBox: `0 0 ${width} ${height}`, class: "spark", "aria-hidden": "true",
    preserveAspectRatio: "none" }).forEach((pair) => drawing.setAttribute(...pair));
  if (known.length > 1) {
    const most = Math.max(...known.map(([, value]) => value)) || 1;
    const path = document.createElementNS(space, "polyline");
    path.setAttribute("points", known.map(([at, value]) =>
      `${(at * width / (values.length - 1)).toFixed(1)},${(height - 2 - value / most * (height - 4)).toFixed(1)}`)
      .join(" "));
    drawing.append(path);
  }
  return drawing;
}

/** Sums of a view over dates, or none where a date is not held. */
function sumOver(dates, name, dateColumn, column, keep = () => true) {
  const on = onDates(name, dateColumn);
  return dates.map((date) => on.get(date)).filter((row) => row && keep(row))
    .reduce((sum, row) => sum + (row[column] ?? 0), 0);
}

function tileList() {
  const day = (name) => (dates) => mean(dates.map((date) => onDay().get(date)?.[name]));
  const end = (name, days) => (dates) => {
    const last = dates[dates.length - 1];
    return !last || isEarly(last, days) ? null : onDay().get(last)?.[name] ?? null;
  };
  const next = (dates) => {
    const over = (row) => row.is_complete;
    return ratio(sumOver(dates, "day_1_retention", "cohort_date", "retained_users", over),
      sumOver(dates, "day_1_retention", "cohort_date", "cohort_users", over));
  };
  const daily = (name, dateColumn, column) => (dates) => dates.map((date) =>
    onDates(name, dateColumn).get(date)?.[column] ?? null);
  const active = (column, days) => (dates) => dates.map((date) =>
    (isEarly(date, days) ? null : onDay().get(date)?.[column] ?? null));
  const mau = facts.mau_days;
  const found = [
    ["Active on a day", "mean of the days", day("dau"), count, active("dau", 1)],
    [`Active in ${facts.wau_days} days`, "up to the last day", end("wau", facts.wau_days), count,
      active("wau", facts.wau_days)],
    [`Active in ${mau} days`, "up to the last day", end("mau", mau), count, active("mau", mau)],
    ["Stickiness", "day / month, mean of the days", (dates) => mean(active("stickiness", mau)(dates)),
      percent, active("stickiness", mau)],
    ["New users", "signups in all", (dates) => sumOver(dates, "signups", "signup_date", "signups"), count,
      daily("signups", "signup_date", "signups")],
    ["Back the next day", "of who signed up", next, percent,
      daily("day_1_retention", "cohort_date", "retention_rate")],
    ["Visits", "in all", (dates) => sumOver(dates, "daily_sessions", "session_date", "sessions"), count,
      daily("daily_sessions", "session_date", "sessions")],
  ];
  if (rows("funnels").length) {
    const { definition, entries, isEndless, last } = chosenFunnel();
    const on = (step) => new Map(entries.filter((row) => row.step === step)
      .map((row) => [row.entry_date, row.users]));
    const [first, end] = [on(1), on(last)];
    const sum = (dates, users) => dates.reduce((all, date) => all + (users.get(date) ?? 0), 0);
    const now = new Set(overDays()[0]);
    const open = isEndless ? 0 : total(entries.filter((row) => now.has(row.entry_date)), "open_users");
    const what = cut(definition.funnel, 40) + (open ? `; ${count(open)} may still convert` : "");
    found.push(["Conversion", what, (dates) => ratio(sum(dates, end), sum(dates, first)),
      percent, (dates) => dates.map((date) => ratio(end.get(date), first.get(date)))]);
  }
  return found;
}

/** How a number changed: a share in points, others in per cent. */
function change(now, was, form) {
  if (now == null || was == null || (form !== percent && was === 0)) return null;
  const difference = form === percent ? 100 * (now - was) : 100 * (now - was) / was;
  const rounded = Math.abs(difference) < 0.05 ? 0 : difference;
  const sign = rounded > 0 ? "▲" : rounded < 0 ? "▼" : "■";
  const words = `${Math.abs(rounded).toFixed(1)}${form === percent ? " points" : "%"}`;
  return { sign, words, way: rounded > 0 ? "up" : rounded < 0 ? "down" : "same" };
}

function drawTiles() {
  const [now, before] = overDays();
  const list = document.getElementById("tiles");
  document.getElementById("tiles-note").textContent = now.length
    ? `${now[0]} to ${now[now.length - 1]}, ${plural(now.length, "day")} that are over`
      + (!state.compare ? "." : before.length ? `, held against ${before[0]} to `
        + `${before[before.length - 1]}.` : "; before them too few days are recorded to compare.")
    : "No day of these dates is over yet.";
  list.replaceChildren(...tileList().map(([title, what, value, form, each]) => {
    const [is, was] = [value(now), state.compare && before.length ? value(before) : null];
    const moved = change(is, was, form);
    return element("li", {}, element("span", { class: "name" }, title),
      element("strong", {}, form(is)),
      moved ? element("span", { class: `change ${moved.way}` },
        element("span", { "aria-hidden": "true" }, `${moved.sign} `),
        element("span", { class: "hidden" }, { up: "up ", down: "down ", same: "unchanged " }[moved.way]),
        moved.words, element("span", { class: "was" }, ` from ${form(was)}`)) : null,
      is == null && now.length ? element("span", { class: "change" }, "not enough history yet") : null,
      sparkline(each(now)), element("span", { class: "what" }, what));
  }));
}
