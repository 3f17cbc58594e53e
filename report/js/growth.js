// Who joins, who is back the next day, and where each period's users come from.

drawers.signups = () => {
  const found = span();
  const summed = sums("signups", "signup_date", ["signups"], state.period);
  const of = (row) => summed.get(row.period_start)?.signups ?? 0;
  const points = pointsOf(found, of);
  const before = pointsBefore(found, of);
  return {
    traces: [bars(points, "new users", color(0), { meta: { column: "signups" } }),
      ...beforeLine(before, `${found.period} before`)],
    points: spoken(points, "new users"),
    layout: { ...panels(found, 280, [1], [""]), xaxis: barAxis(found) },
    legend: [["bar", color(0), "signups"], ...marks(points, "bar", before)],
    note: dates(found, `${count(total(points, "value"))} in all.`),
    says: `Bars by ${found.period}, ${count(total(points, "value"))} in all.`,
    table: dateTable(found, [column("signups", "signups", of)]),
  };
};

drawers["next-day"] = () => {
  const found = span();
  // A date whose next day is not over has no rate yet; it counts in neither part.
  const next = sums("day_1_retention", "cohort_date", ["cohort_users", "retained_users"],
    state.period, (row) => row.is_complete);
  const every = sums("day_1_retention", "cohort_date", ["cohort_users"], state.period);
  const ever = sums("basic_retention", "cohort_date", ["cohort_users", "returned_users"], state.period);
  const get = (summed, part) => (row) =>
    ratio(summed.get(row.period_start)?.[part], summed.get(row.period_start)?.cohort_users);
  const of = get(next, "retained_users");
  const later = get(ever, "returned_users");
  const isOpen = (row) => !row.is_complete || (next.get(row.period_start)?.cohort_users ?? 0)
    < (every.get(row.period_start)?.cohort_users ?? 0);
  const points = pointsOf(found, of, (row) => ({ open: isOpen(row) }));
  const back = pointsOf(found, later, () => ({ open: false }));
  const before = pointsBefore(found, of);
  return {
    traces: [...line(points, "back the next day", color(0),
      { form: percent, meta: { column: "retention_rate" } }),
    ...line(back, "back at any time", color(1), { form: percent, meta: { column: "ever" } }),
    ...beforeLine(before, "the next day, before", { form: percent })],
    points: spoken(points, "back the next day", percent),
    layout: panels(found, 280, [1], [""], [",.1~%"]),
    legend: [["line", color(0), "the next day"], ["line", color(1), "at any time, may still rise"],
      ...marks(points, "line", before)],
    note: dates(found, "Of those who signed up; each person weighs the same."),
    says: `Lines; the latest share back the next day is ${percent(
      points.filter((point) => point.value != null).pop()?.value)}.`,
    table: {
      ...dateTable(found, [
        column("cohort_users", "signed up", (row) => every.get(row.period_start)?.cohort_users ?? 0),
        column("retained_users", "back the next day",
          (row) => next.get(row.period_start)?.retained_users ?? null),
        column("retention_rate", "share", of, percent),
        column("returned_rate", "back at any time", later, percent),
      ]),
      open: ({ row }) => isOpen(row),
    },
  };
};

drawers.lifecycle = () => {
  const found = span();
  const kept = new Map(rows("user_lifecycle").filter((row) => row.period === state.period)
    .map((row) => [row.period_start, row]));
  const kinds = [["retained_users", "kept", 0, 1], ["resurrected_users", "won back", 2, 1],
    ["new_users", "new", 1, 1], ["dormant_users", "lost", null, -1]];
  const tone = (at) => (at == null ? look().grey : color(at));
  const of = (name) => (row) => kept.get(row.period_start)?.[name] ?? null;
  const all = kinds.map(([name]) => pointsOf(found, of(name)));
  const latest = kept.get(found.shown.filter((row) => row.is_complete).pop()?.period_start) ?? {};
  return {
    traces: kinds.map(([name, title, at, sign], place) =>
      bars(all[place], title, tone(at), { sign, meta: { column: name } })),
    points: spoken(all[2], "new"),
    layout: { ...panels(found, 320, [1], [""]), barmode: "relative", bargap: 0.2,
      xaxis: barAxis(found) },
    legend: [...kinds.map(([, title, at]) => ["bar", tone(at), title]),
      ...marks(all.flat(), "bar")],
    note: dates(found, `Above the line who was active; below it who was active the ${found.period} `
      + "before and stayed away."),
    says: `Stacked bars; in the ${found.period} of ${latest.period_start} ${count(latest.new_users)} `
      + `were new, ${count(latest.retained_users)} kept, ${count(latest.resurrected_users)} won back `
      + `and ${count(latest.dormant_users)} lost.`,
    table: dateTable(found, [...kinds.map(([name, title]) => column(name, title, of(name))),
      column("active_users", "active", of("active_users")),
      column("quick_ratio", "quick ratio", of("quick_ratio"), decimal)]),
  };
};
