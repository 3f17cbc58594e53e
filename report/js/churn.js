// Who stays away: how many are in each status on each date, and now.
const statuses = rows("churn_windows").map((row) => row.churn_status);
const statusTone = (at) => [2, 1, 4, 3, 0, 5, 6, 7].map(color)[at % 8];

function windowOf(name) {
  const row = rows("churn_windows").find((found) => found.churn_status === name);
  const [from, to] = [row.min_days_inactive, row.max_days_inactive];
  return to == null ? `${from} days and more` : from === to ? `${from} days` : `${from} to ${to} days`;
}

drawers.away = () => {
  const found = span();
  const held = grouped(rows("daily_churn"), (row) => row.churn_status);
  const on = new Map(statuses.map((name) => [name,
    new Map((held.get(name) ?? []).map((row) => [row.as_of_date, row.users]))]));
  const of = (name) => (row) => on.get(name).get(endOf(state.period, row.period_start)) ?? null;
  const all = statuses.map((name) => pointsOf(found, of(name)));
  const before = statuses.map((name) => pointsBefore(found, of(name)));
  const last = found.shown[found.shown.length - 1];
  const what = state.period === "day" ? "on each day" : `at the end of each ${state.period}`;
  return {
    traces: statuses.flatMap((name, at) => [
      ...line(all[at], name, statusTone(at), { panel: at + 1, meta: { column: "users", status: name } }),
      ...beforeLine(before[at], "before", { panel: at + 1 })]),
    points: spoken(all[0] ?? [], statuses[0] ?? ""),
    layout: panels(found, 60 + 110 * statuses.length, statuses.map(() => 1),
      statuses.map((name) => `<b>${short(name)}</b> · away for ${windowOf(name)}`)),
    legend: marks(all.flat(), "line", before.flat()),
    note: dates(found, `People in each status ${what}. Each panel has a scale of its own.`),
    says: `A line for each status; at the end ${statuses.map((name) =>
      `${count(last && of(name)(last))} in ${name}`).join(", ")}.`,
    table: dateTable(found, statuses.map((name) => column(name, name, of(name)))),
  };
};

drawers["away-now"] = () => {
  const by = state.by || segments[0];
  const everybody = { title: "everybody", found: rows("churn_summary") };
  const mine = rows("churn_summary_by_segment").filter((row) => row.segment === by);
  const values = [everybody, ...[...grouped(mine, valueKey).values()].map((found) =>
    ({ title: valueName(found[0]), found }))];
  const users = (value, name) => value.found.find((row) => row.churn_status === name)?.users ?? 0;
  const size = (value) => total(value.found, "users");
  const label = (value) => `${short(value.title, isNarrow() ? 14 : 26)} · ${count(size(value))}`;
  return {
    traces: statuses.map((name, at) => ({
      type: "bar", orientation: "h", name: plain(name), y: values.map((_, place) => place),
      x: values.map((value) => ratio(users(value, name), size(value))),
      marker: { color: statusTone(at) }, meta: { column: "users", status: name },
      customdata: values.map((value) => `${short(value.title)}: ${short(name)} `
        + `${percent(ratio(users(value, name), size(value)))} · ${count(users(value, name))}`),
      hovertemplate: "%{customdata}<extra></extra>",
    })),
    layout: layout(70 + 30 * values.length, {
      barmode: "stack", hovermode: "closest", bargap: 0.3, barcornerradius: 0,
      margin: { l: 10, r: 16, t: 6, b: 30 },
      xaxis: axis("", { tickformat: ".0%", range: [0, 1] }),
      yaxis: axis("", { tickvals: values.map((_, at) => at), ticktext: values.map(label),
        range: [values.length - 0.5, -0.5], showgrid: false }),
    }),
    legend: statuses.map((name, at) => ["bar", statusTone(at), `${name}: ${windowOf(name)}`]),
    note: `Everybody who was ever active, by the days since, on ${LAST}, whatever dates are chosen`
      + `${values.length > 1 ? `; below by ${by}` : ""}.`,
    body: [element("ul", { class: "steps" }, ...statuses.map((name) => element("li", {},
      element("span", { class: "step-name" }, `${name}: `),
      userButton(plural(users(everybody, name), "person", "people"),
        () => showChurnUsers(name, users(everybody, name))))))],
    says: statuses.map((name) => `${name} ${percent(ratio(users(everybody, name), size(everybody)))}`)
      .join(", "),
    table: {
      columns: [
        { name: "value", title: by ?? "group", value: (row) => row.title },
        { name: "churn_status", title: "status", value: (row) => row.name },
        { name: "users", title: "people", value: (row) => row.users, form: count },
        { name: "share", title: "share", value: (row) => row.share, form: percent },
      ],
      rows: values.flatMap((value) => statuses.map((name) => ({ title: value.title, name,
        users: users(value, name), share: ratio(users(value, name), size(value)) }))),
    },
  };
};
