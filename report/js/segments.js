// How the values of a segment differ on the last day of the dates that is over.
drawers.values = () => {
  const by = state.by || segments[0];
  const on = state.to < LAST_OVER ? state.to : LAST_OVER;
  const then = addDays(on, -overDays()[0].length);
  const held = grouped(rows("daily_active_users_by_segment").filter((row) => row.segment === by), valueKey);
  const churn = grouped(rows("churn_summary_by_segment").filter((row) => row.segment === by), valueKey);
  const values = [...churn].map(([key, found]) => {
    const at = (date) => (held.get(key) ?? []).find((row) => row.activity_date === date) ?? {};
    const [now, was] = [at(on), at(then)];
    return { title: valueName(found[0]), ever: total(found, "users"), ...now,
      stickiness: ratio(now.dau, now.mau), was: was.mau ?? null };
  }).sort((a, b) => (b.mau ?? 0) - (a.mau ?? 0) || b.ever - a.ever);
  const kinds = [["mau", `in ${facts.mau_days} days`, 3], ["wau", `in ${facts.wau_days} days`, 1],
    ["dau", "on the day", 0]];
  const whole = total(values, "mau");
  return {
    traces: kinds.map(([name, title, tone]) => ({
      type: "bar", orientation: "h", name: title, y: values.map((_, at) => at),
      x: values.map((value) => value[name] ?? null), marker: { color: color(tone) },
      text: values.map((value) => count(value[name])), textposition: "outside", cliponaxis: false,
      textfont: { size: 11 }, textangle: 0,
      customdata: values.map((value) => `${short(value.title)}: ${count(value[name])} ${title}`),
      hovertemplate: "%{customdata}<extra></extra>", meta: { column: name },
    })).reverse(),
    layout: layout(60 + 52 * values.length, {
      barmode: "group", hovermode: "closest", bargap: 0.3, margin: { l: 10, r: 16, t: 6, b: 30 },
      xaxis: axis("", { tickformat: ",d", rangemode: "tozero", nticks: 5 }),
      yaxis: axis("", { tickvals: values.map((_, at) => at), showgrid: false,
        ticktext: values.map((value) => short(value.title, isNarrow() ? 14 : 26)),
        range: [values.length - 0.5, -0.5] }),
    }),
    legend: kinds.map(([, title, tone]) => ["bar", color(tone), title]),
    note: `People active up to ${on}, by ${by}`
      + `${state.by ? "" : " (choose another under Break down by)"}. Each person has one value.`,
    says: values.map((value) => `${value.title} ${count(value.mau)} in ${facts.mau_days} days`).join(", "),
    table: {
      columns: [
        { name: "segment_value", title: by, value: (row) => row.title },
        { name: "dau", title: "on the day", value: (row) => row.dau, form: count },
        { name: "wau", title: `in ${facts.wau_days} days`, value: (row) => row.wau, form: count },
        { name: "mau", title: `in ${facts.mau_days} days`, value: (row) => row.mau, form: count },
        { name: "share", title: "share", value: (row) => ratio(row.mau, whole), form: percent },
        { name: "mau_before", title: "before", value: (row) => row.was, form: count },
        { name: "stickiness", title: "stickiness", value: (row) => row.stickiness, form: percent },
        { name: "ever", title: "ever active", value: (row) => row.ever, form: count },
      ],
      rows: values,
    },
  };
};
