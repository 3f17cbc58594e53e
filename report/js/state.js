// What the reader has chosen. It stands in the address, so that a bookmark opens the same page.
const PRESETS = [["7", "7 days"], ["28", "28 days"], ["90", "90 days"], ["365", "1 year"],
  ["all", "All"]];
const PERIODS = ["day", "week", "month"];
const segments = [...new Set(rows("segments").map((row) => row.segment))];
const firstOf = (name, column) => rows(name)[0]?.[column] ?? "";

const state = {
  days: "90", from: FIRST, to: LAST, period: "day", by: "", compare: true,
  retention: firstOf("retentions", "retention"), funnel: firstOf("funnels", "funnel"), steps: "3",
};

function takeDays(days) {
  state.days = days;
  state.to = LAST;
  const from = days === "all" ? FIRST : addDays(LAST_OVER, 1 - Number(days));
  state.from = from < FIRST ? FIRST : from;
}

const isDate = (value) => /^\d{4}-\d\d-\d\d$/.test(value ?? "") && !isNaN(Date.parse(value));

function takeDates(from, to) {
  if (!isDate(from) || !isDate(to)) return;
  const inside = (date) => (date < FIRST ? FIRST : date > LAST ? LAST : date);
  const both = [inside(from), inside(to)].sort();
  Object.assign(state, { days: "", from: both[0], to: both[1] });
}

/** Take what the address says; what it names and is not there any more is passed over. */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const among = (name, allowed) => {
    if (allowed.includes(asked.get(name))) state[name] = asked.get(name);
  };
  takeDays(PRESETS.some(([days]) => days === asked.get("days")) ? asked.get("days") : "90");
  if (asked.has("from")) takeDates(asked.get("from"), asked.get("to"));
  among("period", PERIODS);
  among("by", segments);
  among("retention", rows("retentions").map((row) => row.retention));
  among("funnel", rows("funnels").map((row) => row.funnel));
  among("steps", ["2", "3", "4", "5"]);
  state.compare = asked.get("compare") !== "no";
}

function writeAddress() {
  const said = new URLSearchParams();
  if (state.days) said.set("days", state.days);
  else Object.entries({ from: state.from, to: state.to }).forEach((pair) => said.set(...pair));
  for (const name of ["period", "by", "retention", "funnel", "steps"]) {
    if (state[name]) said.set(name, state[name]);
  }
  if (!state.compare) said.set("compare", "no");
  history.replaceState(null, "", `#${said}`);
}

/**
 * The periods that the chosen dates touch: of `all` those from `first` to `last`. The previous
 * ones, with which they are compared, are as many as of these are over.
 */
function span(period = state.period) {
  const all = periods.get(period) ?? [];
  const touched = all.map((row, at) => [row, at]).filter(([row]) =>
    row.period_start <= state.to && endOf(period, row.period_start) >= state.from);
  const places = touched.map(([, at]) => at);
  const over = touched.filter(([row]) => row.is_complete).length;
  return {
    period, all, shown: touched.map(([row]) => row), first: places[0] ?? 0,
    shift: over || touched.length || 1,
    before: (at) => all[(places[0] ?? 0) + at - (over || touched.length || 1)],
  };
}

/** The chosen days that are over, and as many before them: [dates, dates before or none]. */
function overDays() {
  const to = state.to < LAST_OVER ? state.to : LAST_OVER;
  const length = daysFrom(state.from, to) + 1;
  const dates = (first) => Array.from({ length: Math.max(length, 0) }, (_, at) =>
    addDays(first, at));
  const earlier = addDays(state.from, -length);
  return [dates(state.from), earlier >= FIRST ? dates(earlier) : []];
}

const inRange = (date) => date >= state.from && date <= state.to;
const rangeText = () => (state.from === state.to ? state.from : `${state.from} to ${state.to}`);
