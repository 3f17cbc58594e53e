// Funnels: how far those get who enter within the dates, and whether that changes.

const entriesOf = (funnel) => rows("funnel_conversion_daily").filter((row) => row.funnel === funnel);

/** The chosen funnel: its definition, steps, and whether anybody may convert for ever. */
function chosenFunnel() {
  const definition = rows("funnels").find((row) => row.funnel === state.funnel);
  const steps = rows("funnel_conversion").filter((row) => row.funnel === state.funnel);
  const entries = entriesOf(state.funnel);
  // Without a window no date is ever complete, unless the last step has to happen on a day.
  const isEndless = definition.window_seconds == null && !entries.some((row) => row.is_complete);
  return { definition, steps, entries, isEndless, last: steps[steps.length - 1].step };
}

function limits({ definition, isEndless }) {
  const named = { ordered: "in this order", strict: "one right after the other",
    unordered: "in any order" };
  const order = named[definition.step_order] ?? definition.step_order;
  if (definition.window_seconds != null) {
    return `Steps ${order}, within ${duration(definition.window_seconds)}.`;
  }
  return isEndless ? `Steps ${order}, without a limit of time.` : `Steps ${order}, on set days.`;
}

/** Users at each step and those who may still get there, of who entered on dates that are kept. */
function stepsOf({ steps, entries }, keep) {
  const found = grouped(entries.filter((row) => keep(row.entry_date)), (row) => row.step);
  const users = steps.map(({ step }) => total(found.get(step) ?? [], "users"));
  const open = steps.map(({ step }) => total(found.get(step) ?? [], "open_users"));
  return steps.map((row, at) => ({
    ...row, users: users[at], rate: ratio(users[at], users[0]),
    previous: at ? ratio(users[at], users[at - 1]) : null,
    // Who stands at a step and may go on counts where they may still get.
    open: at ? open[at - 1] : 0,
  }));
}

function funnelBySegment(found) {
  const mine = rows("funnel_conversion_by_segment").filter((row) =>
    row.segment === state.by && row.funnel === state.funnel);
  const values = [...grouped(mine, valueKey).values()].map((steps) => ({
    title: valueName(steps[0]),
    steps: steps.map((row) => ({ ...row, rate: ratio(row.users, steps[0].users) })),
  })).filter((value) => value.steps[0].users > 0);
  const few = values.filter((value) => value.steps[0].users < ENOUGH_USERS);
  return {
    traces: values.map((value, at) => ({
      type: "bar", name: plain(value.title), x: value.steps.map((row) => row.step),
      y: value.steps.map((row) => row.rate),
      marker: barLook(value.steps.map(() => few.includes(value)), color(at)),
      customdata: value.steps.map((row) => `${short(value.title)}: ${percent(row.rate)} · `
        + `${plural(row.users, "person", "people")}`),
      hovertemplate: "%{customdata}<extra></extra>", meta: { value: value.title },
    })),
    layout: layout(320, {
      barmode: "group", bargap: 0.25, hovermode: "closest",
      xaxis: axis("", { tickvals: found.steps.map(({ step }) => step), showgrid: false,
        tickangle: 0, ticktext: found.steps.map((row) => (isNarrow() ? `step ${row.step}`
          : `${row.step}. ${short(eventName(row.step_name), 18)}`)) }),
      yaxis: axis("", { tickformat: ".0%", range: [0, 1.02] }),
    }),
    legend: values.map((value, at) =>
      [few.includes(value) ? "hatched" : "bar", color(at), value.title]),
    note: `${found.definition.description || found.definition.funnel}. ${limits(found)} Everybody who `
      + `entered up to ${LAST}, whatever dates are chosen, by ${state.by}: the view by segment has none.`,
    warning: few.length ? `Hatched: fewer than ${ENOUGH_USERS} people, of whom each is several points.` : "",
    says: values.map((value) => `${value.title}: `
      + `${percent(value.steps[value.steps.length - 1].rate)} got to the end`).join(", "),
    body: [element("ul", { class: "steps" }, ...found.steps.map((row) =>
      element("li", {}, `${row.step}. ${eventName(row.step_name)}`)))],
    table: {
      columns: [
        { name: "segment_value", title: state.by, value: (row) => valueName(row) },
        { name: "step", title: "step", value: (row) => row.step },
        { name: "users", title: "people", value: (row) => row.users, form: count },
        { name: "conversion_from_start", title: "of the first", value: (row) => row.rate, form: percent },
      ],
      rows: values.flatMap((value) => value.steps),
    },
  };
}

drawers.funnel = () => {
  const found = chosenFunnel();
  if (state.by) return funnelBySegment(found);
  const steps = stepsOf(found, inRange);
  const [, earlier] = overDays();
  const dates = new Set(state.compare ? earlier : []);
  const before = dates.size ? stepsOf(found, (date) => dates.has(date)) : [];
  const wait = found.isEndless ? 0 : total(steps, "open");
  const where = (at, up) => steps[at].step + up;
  const bar = (values, tone, more) => ({
    type: "bar", orientation: "h", x: values, y: steps.map((_, at) => where(at, 0)), width: 0.44,
    marker: { color: tone }, hovertemplate: "%{customdata}<extra></extra>", ...more,
  });
  const most = steps[0].users || 1;
  const labels = steps.map((row, at) => ({
    text: `<b>${row.step}. ${short(eventName(row.step_name), isNarrow() ? 22 : 34)}</b>  `
      + `${count(row.users)} · ${percent(row.rate)}`,
    x: 0, y: where(at, -0.26), xanchor: "left", yanchor: "bottom", showarrow: false,
  }));
  return {
    traces: [
      ...(before.length ? [bar(before.map((row) => (row.rate ?? 0) * most), look().pale, {
        width: 0.16, y: steps.map((_, at) => where(at, 0.32)), name: "before", offset: undefined,
        customdata: before.map((row) => `before: ${percent(row.rate)} · ${count(row.users)}`),
        meta: { before: "funnel" },
      })] : []),
      bar(steps.map((row) => row.users), color(0), {
        name: "users", meta: { column: "users", funnel: state.funnel },
        customdata: steps.map((row) => `${row.step}. ${short(eventName(row.step_name))}: `
          + `${plural(row.users, "person", "people")}<br>${percent(row.rate)} of the first step`
          + `${row.previous == null ? "" : `, ${percent(row.previous)} of the previous`}`),
      }),
      ...(wait ? [bar(steps.map((row) => row.open), color(0), {
        base: steps.map((row) => row.users), name: "open", meta: { column: "open_users" },
        marker: barLook(steps.map(() => true), color(0)),
        customdata: steps.map((row) => `${plural(row.open, "person", "people")} may still get here`),
      })] : []),
    ],
    layout: layout(56 + 74 * steps.length, {
      barmode: "overlay", hovermode: "closest", annotations: labels,
      margin: { l: 8, r: 12, t: 8, b: 30 },
      xaxis: axis("", { rangemode: "tozero", tickformat: ",d", nticks: 5 }),
      yaxis: axis("", { range: [found.last + 0.55, 0.3], showticklabels: false, showgrid: false }),
    }),
    legend: [["bar", color(0), "people who got this far"],
      ...(wait ? [["hatched", color(0), "may still get here"]] : []),
      ...(before.length ? [["bar", look().pale, `the share of ${earlier[0]} to ${earlier[earlier.length - 1]}`]] : [])],
    note: `${found.definition.description || found.definition.funnel}. ${limits(found)} `
      + `Who entered ${rangeText()}.`,
    warning: found.isEndless ? "Nobody's time runs out in this funnel: early entrants had longer to "
      + "convert than late ones, and every number may still rise."
      : wait ? `${plural(wait, "person", "people")} may still convert: their time is not over.` : "",
    says: steps.map((row) => `step ${row.step} ${eventName(row.step_name)} `
      + plural(row.users, "person", "people")).join(", "),
    body: [stepButtons(steps)],
    table: {
      columns: [
        { name: "step", title: "step", value: (row) => row.step },
        { name: "step_name", title: "event", value: (row) => eventName(row.step_name) },
        { name: "users", title: "people", value: (row) => row.users, form: count },
        { name: "conversion_from_start", title: "of the first", value: (row) => row.rate, form: percent },
        { name: "conversion_from_previous", title: "of the previous", value: (row) => row.previous,
          form: percent },
        { name: "may_still_get_here", title: "may still", value: (row) => row.open, form: count },
        { name: "median_seconds_from_previous", title: "median time (all dates)",
          value: (row) => row.median_seconds_from_previous, form: duration },
      ],
      rows: steps,
    },
  };
};

/** For each step how many got there and how many stopped before; buttons where it may say who. */
function stepButtons(steps) {
  return element("ul", { class: "steps" }, ...steps.map((row, at) => {
    const lost = at ? steps[at - 1].users - row.users : 0;
    const reached = plural(row.users, "person", "people");
    const name = `${row.step}. ${cut(eventName(row.step_name), 40)}: `;
    return element("li", {}, element("span", { class: "step-name" }, name),
      userButton(reached, () => showFunnelUsers(row.step, row, false)),
      ...(at ? [", ", userButton(`${count(lost)} stopped before`,
        () => showFunnelUsers(row.step - 1, { ...row, users: lost }, true))] : []));
  }));
}

drawers.entries = () => {
  const found = chosenFunnel();
  const times = span();
  const sumOf = (step) => sums("funnel_conversion_daily", "entry_date", ["users", "open_users"],
    state.period, (row) => row.funnel === state.funnel && row.step === step);
  const [first, last] = [sumOf(1), sumOf(found.last)];
  const open = grouped(found.entries.filter((row) => row.step === found.last && !row.is_complete),
    (row) => row.entry_date);
  const mayRise = (row) => {
    if (found.isEndless || !open.size) return !row.is_complete;
    return endOf(state.period, row.period_start) >= [...open.keys()][0] || !row.is_complete;
  };
  const entered = (row) => first.get(row.period_start)?.users ?? 0;
  const reached = (row) => last.get(row.period_start)?.users ?? 0;
  const rate = (row) => ratio(reached(row), entered(row));
  const more = (row) => ({ open: mayRise(row), why: "may still convert" });
  const [rates, ins] = [pointsOf(times, rate, more), pointsOf(times, entered)];
  const before = pointsBefore(times, rate);
  const laid = panels(times, 56 + 74 * Math.max(found.steps.length, 4), [0.55, 0.45],
    ["share that got to the end", "people who entered"], [",.1~%", ",d"]);
  return {
    traces: [...line(rates, "got to the end", color(0), { form: percent, meta: { column: "rate" } }),
      ...beforeLine(before, "before", { form: percent }),
      bars(ins, "entered", color(3), { panel: 2, meta: { column: "entered", funnel: state.funnel } })],
    points: spoken(rates, "got to the end", percent),
    layout: { ...laid, xaxis: { ...barAxis(times), anchor: "y2" } },
    legend: [["line", color(0), "got to the end"],
      ...(rates.some((point) => point.open) ? [["dotted", look().grey, "may still rise"]] : []),
      ...marks([], "line", before)],
    note: dates(times, "By the date on which people entered."),
    warning: found.isEndless ? "Without a limit of time each date may rise for ever; only the period "
      + "that still runs is dotted." : "",
    says: `Lines and bars; the latest share is ${percent(rates[rates.length - 1]?.value)}.`,
    table: {
      ...dateTable(times, [column("entered", "entered", entered),
        column("reached_last", "got to the end", reached), column("rate", "share", rate, percent)]),
      open: ({ row }) => mayRise(row),
    },
  };
};
