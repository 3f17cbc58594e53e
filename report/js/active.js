// How many people use it, how much of a month's users come on a day, on how many days.

/** Whether a trailing window of so many days begins before anything was recorded. */
const isEarly = (date, days) => facts.history_start > addDays(date, 1 - days);

const trailing = { day: ["dau", "on the day"], week: ["wau"], month: ["mau"] };
const onDay = () => onDates("daily_active_users", "activity_date");

function activeByDay(found) {
  const kinds = [
    ["mau", `in ${facts.mau_days} days`, facts.mau_days, 3],
    ["wau", `in ${facts.wau_days} days`, facts.wau_days, 1],
    ["dau", "on the day", 1, 0],
  ];
  const of = (name) => (row) => onDay().get(row.period_start)?.[name] ?? null;
  const all = kinds.map(([name, , days]) => pointsOf(found, of(name),
    (row) => ({ early: isEarly(row.period_start, days) })));
  const before = pointsBefore(found, of("dau"));
  const early = all.flat().some((point) => point.early);
  const last = onDay().get(found.shown[found.shown.length - 1]?.period_start) ?? {};
  return {
    traces: [
      // The day has a scale of its own: beside a month it would lie at the bottom.
      ...kinds.flatMap(([name, title, , tone], at) =>
        line(all[at], title, color(tone), { panel: name === "dau" ? 2 : 1, meta: { column: name } })),
      ...beforeLine(before, "before", { panel: 2 }),
    ],
    points: spoken(all[2], "active users"),
    layout: panels(found, isNarrow() ? 340 : 400, [0.58, 0.42], [
      `people in ${facts.mau_days} and in ${facts.wau_days} days`, "people on the day"]),
    legend: [...kinds.map(([, title, , tone]) => ["line", color(tone), title]),
      ...marks(all.flat(), "line", before),
      ...(early ? [["hatched", look().grey, "too little history"]] : [])],
    note: dates(found, "People who came on several days count once in each number."),
    warning: early ? `Recording began on ${facts.history_start}: until ${facts.mau_days} days lie `
      + `behind a date, "in ${facts.mau_days} days" can only rise. Hatched: it is no growth.` : "",
    says: `Lines; on ${last.activity_date} ${count(last.dau)} people were active, `
      + `${count(last.wau)} in ${facts.wau_days} days, ${count(last.mau)} in ${facts.mau_days} days.`,
    table: dateTable(found, kinds.slice().reverse().map(([name, title]) =>
      column(name, title, of(name)))),
  };
}

function activeByPeriod(found) {
  const of = (row) => row.active_users;
  const points = pointsOf(found, of);
  const before = pointsBefore(found, of);
  return {
    traces: [bars(points, "active users", color(0), { meta: { column: "active_users" } }),
      ...beforeLine(before, `${found.period} before`)],
    points: spoken(points, "active users"),
    layout: { ...panels(found, isNarrow() ? 300 : 360, [1], [""]), xaxis: barAxis(found) },
    legend: [["bar", color(0), `people active in the ${found.period}`],
      ...marks(points, "bar", before)],
    note: dates(found, `Each person counts once in a ${found.period}.`),
    says: `Bars by ${found.period}; the latest is ${count(points[points.length - 1]?.value)}.`,
    table: dateTable(found, [column("active_users", "active users", of)]),
  };
}

/** A line for each value of a segment: of the day, or of the window that ends with the period. */
function activeBySegment(found) {
  const [name] = trailing[found.period];
  const days = { day: 1, week: facts.wau_days, month: facts.mau_days }[found.period];
  const mine = rows("daily_active_users_by_segment").filter((row) => row.segment === state.by);
  const values = [...grouped(mine, valueKey)].map(([, found]) => ({
    title: valueName(found[0]), on: new Map(found.map((row) => [row.activity_date, row])),
  }));
  const of = (value) => (row) => value.on.get(endOf(found.period, row.period_start))?.[name] ?? null;
  const early = (row) => ({ early: isEarly(endOf(found.period, row.period_start), days) });
  const all = values.map((value) => pointsOf(found, of(value), early));
  const what = days === 1 ? "on each day" : `in the ${days} days up to the end of each ${found.period}`;
  return {
    traces: values.flatMap((value, at) => line(all[at], value.title, color(at),
      { meta: { column: name, value: value.title } })),
    layout: panels(found, isNarrow() ? 300 : 360, [1], [""]),
    points: spoken(all[0] ?? [], values[0]?.title ?? ""),
    legend: [...values.map((value, at) => ["line", color(at), value.title]),
      ...marks(all.flat(), "line")],
    note: dates(found, `People active ${what}, by ${state.by}. Each has one value.`),
    says: `A line for each of ${plural(values.length, "value")} of ${state.by}.`,
    table: dateTable(found, values.map((value) => column(value.title, value.title, of(value)))),
  };
}

drawers.active = () => {
  const found = span();
  if (state.by) return activeBySegment(found);
  return state.period === "day" ? activeByDay(found) : activeByPeriod(found);
};

drawers.sticky = () => {
  const found = span("day");
  const of = (row) => onDay().get(row.period_start)?.stickiness ?? null;
  const points = pointsOf(found, of, (row) => ({ early: isEarly(row.period_start, facts.mau_days) }));
  const before = pointsBefore(found, of);
  const early = points.some((point) => point.early);
  return {
    traces: [...line(points, "stickiness", color(2), { form: percent }),
      ...beforeLine(before, "before", { form: percent })],
    points: spoken(points, "stickiness", percent),
    layout: panels(found, 280, [1], [""], [",.1~%"]),
    legend: [["line", color(2), "stickiness"], ...marks(points, "line", before),
      ...(early ? [["hatched", look().grey, "too little history"]] : [])],
    note: dates(found, `People of the day / people in the ${facts.mau_days} days up to it.`),
    warning: early ? `Until ${facts.mau_days} days lie behind a date the share begins at 100% and `
      + "can only fall. Hatched: it is no loss." : "",
    says: `A line; the latest is ${percent(points[points.length - 1]?.value)}.`,
    table: dateTable(found, [column("stickiness", "stickiness", of, percent)]),
  };
};

drawers.frequency = () => {
  const period = state.period === "month" ? "month" : "week";
  const found = span(period);
  const over = found.all.filter((row) => row.is_complete && row.period_start <= state.to);
  const [was, now] = [over[over.length - 2], over[over.length - 1]];
  const of = (chosen) => rows("stickiness").filter((row) =>
    row.period === period && row.period_start === chosen?.period_start);
  const [mine, before] = [of(now), state.compare ? of(was) : []];
  const all = total(mine, "users");
  const bar = (found, name, tone) => ({
    type: "bar", name, x: found.map((row) => row.days_active), y: found.map((row) => row.users),
    marker: { color: tone }, meta: { column: name },
    customdata: found.map((row) => `${plural(row.days_active, "day")}: `
      + `${plural(row.users, "person", "people")} · ${percent(ratio(row.users, total(found, "users")))}`
      + ` · ${period} of ${row.period_start}`),
    hovertemplate: "%{customdata}<extra></extra>",
  });
  return {
    traces: [bar(before, "before", look().pale), bar(mine, "now", color(0))],
    layout: layout(280, {
      barmode: "group", bargap: 0.25, hovermode: "closest",
      xaxis: axis(`days on which they came in the ${period}`, { dtick: period === "week" ? 1 : 3,
        showgrid: false }),
      yaxis: axis("", { tickformat: ",d", rangemode: "tozero", nticks: 5 }),
    }),
    legend: now ? [["bar", color(0), `${period} of ${now.period_start}`],
      ...(before.length ? [["bar", look().pale, `${period} of ${was.period_start}`]] : [])] : [],
    note: now ? `The latest ${period} that is over: ${plural(all, "person", "people")}.`
      : `No ${period} is over yet.`,
    says: `Bars by number of days; ${percent(ratio(mine[0]?.users, all))} came on one day only.`,
    table: {
      columns: [
        { name: "days_active", title: "days", value: (row) => row.days_active },
        { name: "users", title: "people", value: (row) => row.users, form: count },
        { name: "share", title: "share", value: (row) => ratio(row.users, all), form: percent },
      ],
      rows: mine,
    },
  };
};
