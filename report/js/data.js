// What was read from the views. The page selects rows, and adds up what is additive: never users
// over dates, as somebody who came on two days would count twice.
const held = JSON.parse(document.getElementById("data").textContent);
const facts = held.facts;
const MOST_ROWS = 2000;

const read = new Map();
/** The rows of a query, as objects. */
function rows(name) {
  if (!read.has(name)) {
    const columns = Object.entries(held.tables[name] ?? {});
    const length = columns.length ? columns[0][1].length : 0;
    read.set(name, Array.from({ length }, (_, at) =>
      Object.fromEntries(columns.map(([column, values]) => [column, values[at]]))));
  }
  return read.get(name);
}

function grouped(found, key) {
  const groups = new Map();
  for (const row of found) {
    const at = key(row);
    if (!groups.has(at)) groups.set(at, []);
    groups.get(at).push(row);
  }
  return groups;
}

const total = (found, column) => found.reduce((sum, row) => sum + (row[column] ?? 0), 0);
const ratio = (part, whole) => (whole ? part / whole : null);

/** A date some days later, both as 2026-03-01. */
function addDays(date, days) {
  return new Date(Date.parse(`${date}T00:00Z`) + days * 86400000).toISOString().slice(0, 10);
}
const daysFrom = (first, last) => Math.round((Date.parse(last) - Date.parse(first)) / 86400000);

const byDate = new Map();
/** The rows of a view by date under their dates. */
function onDates(name, column) {
  if (!byDate.has(name)) {
    byDate.set(name, new Map(rows(name).map((row) => [row[column], row])));
  }
  return byDate.get(name);
}

const FIRST = rows("daily_active_users")[0].activity_date;
const LAST = facts.last_date;
const LAST_OVER = facts.last_complete_date ?? addDays(LAST, -1);

/** The days, weeks or months of the page; the first may not begin before what is held. */
const periods = new Map([...grouped(rows("active_users"), (row) => row.period)].map(
  ([period, found]) => [period, found.filter(
    (row) => row.period_start >= FIRST || FIRST <= facts.history_start)]));

/** The last date of a period, or of the page where that is earlier. */
function endOf(period, start) {
  if (period === "day") return start;
  const end = period === "week" ? addDays(start, 6)
    : addDays(addDays(`${start.slice(0, 7)}-01`, 31).slice(0, 8) + "01", -1);
  return end < LAST ? end : LAST;
}

/** The sums of columns over the dates of each period; `keep` leaves dates out. */
function sums(name, dateColumn, columns, period, keep = () => true) {
  const starts = (periods.get(period) ?? []).map((row) => row.period_start);
  const found = new Map();
  let at = 0;
  for (const row of rows(name)) {
    while (at + 1 < starts.length && starts[at + 1] <= row[dateColumn]) at += 1;
    if (!keep(row) || !starts.length || row[dateColumn] < starts[at]) continue;
    const sum = found.get(starts[at]) ?? Object.fromEntries(columns.map((column) => [column, 0]));
    for (const column of columns) sum[column] += row[column] ?? 0;
    found.set(starts[at], sum);
  }
  return found;
}
