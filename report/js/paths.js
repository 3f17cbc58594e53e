// What people do next in a visit: a Sankey of the first steps, from what follows what.
const MOST_EVENTS = 6;
const OTHER = "\u0000other";

/** Events at each position by size; what has no box of its own is in one for all others. */
function pathNodes(found, steps) {
  const sizes = new Map();
  const add = (at, event, size) => {
    const mine = sizes.get(at) ?? sizes.set(at, new Map()).get(at);
    mine.set(event, (mine.get(event) ?? 0) + size);
  };
  for (const row of found) {
    if (row.step_number === 1) add(1, row.from_event, row.sessions);
    add(row.step_number + 1, row.to_event, row.sessions);
  }
  const own = new Map();
  for (const [at, events] of sizes) {
    own.set(at, new Set([...events].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, MOST_EVENTS).map(([event]) => event)));
  }
  return { name: (at, event) => (own.get(at)?.has(event) ? event : OTHER), last: steps + 1 };
}

drawers.paths = () => {
  const most = Math.max(...rows("event_paths").map((row) => row.step_number), 1);
  // A phone has room for the labels of three columns.
  const steps = Math.min(Number(state.steps), most, isNarrow() ? 2 : most);
  const found = rows("event_paths").filter((row) => row.step_number <= steps);
  const table = pathTable(found);
  if (!found.length) return { note: `No visit up to ${LAST} has two events.`, table };
  const nodes = pathNodes(found, steps);
  const names = [...new Set(rows("event_paths").flatMap((row) => [row.from_event, row.to_event]))].sort();
  const boxes = [];
  const place = new Map();
  const box = (at, event) => {
    const key = `${at} ${event}`;
    if (!place.has(key)) {
      place.set(key, boxes.length);
      boxes.push({ at, event });
    }
    return place.get(key);
  };
  const links = new Map();
  for (const row of found) {
    const [from, to] = [box(row.step_number, nodes.name(row.step_number, row.from_event)),
      box(row.step_number + 1, nodes.name(row.step_number + 1, row.to_event))];
    const link = links.get(`${from} ${to}`) ?? links.set(`${from} ${to}`, { from, to, sessions: 0 })
      .get(`${from} ${to}`);
    link.sessions += row.sessions;
  }
  const all = [...links.values()];
  const tone = (event) => (event === OTHER ? look().grey : color(names.indexOf(event)));
  const called = (event) => (event === OTHER ? "other events" : event);
  const starts = total(found.filter((row) => row.step_number === 1), "sessions");
  const top = [...all].sort((a, b) => b.sessions - a.sessions)[0];
  const sizeOf = boxes.map((_, at) => Math.max(
    total(all.filter((link) => link.from === at), "sessions"),
    total(all.filter((link) => link.to === at), "sessions")));
  return {
    traces: [{
      type: "sankey", arrangement: "fixed",
      node: {
        label: boxes.map(({ event }, at) => `${short(called(event), isNarrow() ? 11 : 24)} `
          + count(sizeOf[at])),
        color: boxes.map(({ event }) => tone(event)), pad: 14, thickness: 14,
        line: { width: 0 },
        customdata: boxes.map(({ at, event }, place) => `${at}. ${short(called(event))}: `
          + `${plural(sizeOf[place], "visit")}`),
        hovertemplate: "%{customdata}<extra></extra>",
      },
      link: {
        source: all.map(({ from }) => from), target: all.map(({ to }) => to),
        value: all.map(({ sessions }) => sessions),
        color: all.map(({ from }) => `${tone(boxes[from].event)}55`),
        customdata: all.map(({ from, to, sessions }) => `${short(called(boxes[from].event))} → `
          + `${short(called(boxes[to].event))}: ${plural(sessions, "visit")}`),
        hovertemplate: "%{customdata}<extra></extra>",
      },
      textfont: { color: look().ink, size: isNarrow() ? 10 : 12 }, meta: { column: "sessions" },
    }],
    layout: layout(isNarrow() ? 360 : 420, { hovermode: "closest", margin: { l: 4, r: 4, t: 10, b: 10 } }),
    legend: [],
    note: `All visits up to ${LAST} with at least two events, whatever dates are chosen: the first `
      + `${steps + 1} events of a visit. A band that ends is a visit that ends.`,
    says: `${plural(starts, "visit")} had at least two events; the most frequent step is from `
      + `${called(boxes[top.from].event)} to ${called(boxes[top.to].event)}, in ${plural(top.sessions, "visit")}.`,
    table,
  };
};

function pathTable(found) {
  return {
    columns: [
      { name: "step_number", title: "step", value: (row) => row.step_number },
      { name: "from_event", title: "event", value: (row) => row.from_event },
      { name: "to_event", title: "next event", value: (row) => row.to_event },
      { name: "sessions", title: "visits", value: (row) => row.sessions, form: count },
      { name: "users", title: "people", value: (row) => row.users, form: count },
    ],
    rows: found,
  };
}

drawers.sessions = () => {
  const found = span();
  const summed = sums("daily_sessions", "session_date", ["sessions"], state.period);
  const day = onDates("daily_sessions", "session_date");
  const visits = (row) => summed.get(row.period_start)?.sessions ?? 0;
  const users = (row) => day.get(row.period_start)?.users ?? null;
  const points = pointsOf(found, visits);
  const before = pointsBefore(found, visits);
  const byDay = state.period === "day";
  const people = byDay ? pointsOf(found, users) : [];
  return {
    traces: [bars(points, "visits", color(0), { meta: { column: "sessions" } }),
      ...(byDay ? line(people, "visitors", color(1), { meta: { column: "users" } }) : []),
      ...beforeLine(before, `visits, ${found.period} before`)],
    points: spoken(points, "visits"),
    layout: { ...panels(found, 300, [1], [""]), xaxis: barAxis(found) },
    legend: [["bar", color(0), "visits"], ...(byDay ? [["line", color(1), "visitors"]] : []),
      ...marks(points, "bar", before)],
    note: dates(found, byDay ? "A visit counts on the day on which it began."
      : "Visits add up; visitors are known by day only."),
    says: `Bars of visits by ${found.period}, ${count(total(points, "value"))} in all.`,
    table: dateTable(found, [column("sessions", "visits", visits),
      ...(byDay ? [column("users", "visitors", users)] : [])]),
  };
};

drawers.length = () => {
  const found = span("day");
  const day = onDates("daily_sessions", "session_date");
  const median = (row) => day.get(row.period_start)?.median_duration_seconds ?? null;
  const busy = (row) => day.get(row.period_start)?.events_per_session ?? null;
  const points = pointsOf(found, median);
  const known = points.filter((point) => point.value != null);
  const zero = known.filter((point) => point.value === 0);
  const [before, busyBefore] = [pointsBefore(found, median), pointsBefore(found, busy)];
  const events = pointsOf(found, busy);
  const longest = Math.max(...known.map((point) => point.value), 0);
  const laid = panels(found, 300, [0.5, 0.5], ["median length, seconds", "events in a visit"], [",.3~f", ".1~f"]);
  if (longest === 0 && known.length) {
    laid.yaxis.range = [0, 1];
    laid.annotations.push({ text: "0: most visits are a single event", xref: "paper", x: 0.5,
      yref: "y", y: 0.5, showarrow: false, font: { color: look().soft } });
  }
  return {
    traces: [...line(points, "median length", color(3), { form: duration,
      meta: { column: "median_duration_seconds" } }),
    ...beforeLine(before, "before", { form: duration }),
    ...line(events, "events in a visit", color(2), { panel: 2, form: decimal,
      meta: { column: "events_per_session" } }),
    ...beforeLine(busyBefore, "before", { panel: 2, form: decimal })],
    points: spoken(points, "median length", duration),
    layout: laid,
    legend: [["line", color(3), "median length"], ["line", color(2), "events in a visit"],
      ...marks(points, "line", before)],
    note: dates(found, "By day always: medians cannot be added up."),
    warning: zero.length ? `The median is 0 on ${count(zero.length)} of ${plural(known.length, "day")}: `
      + "there more than half of the visits are a single event, which has no length." : "",
    says: `Lines; the latest median is ${duration(known[known.length - 1]?.value)}.`,
    table: dateTable(found, [
      column("median_duration_seconds", "median length", median, duration),
      column("events_per_session", "events in a visit", busy, decimal)]),
  };
};
