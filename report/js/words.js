// Numbers, dates and names as text.
const grouping = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const NOTHING = "—";
const RUNNING = "still running";

const count = (value) => (value == null ? NOTHING : grouping.format(value));
const percent = (value) => (value == null ? NOTHING : `${(100 * value).toFixed(1)}%`);
const decimal = (value) => (value == null ? NOTHING : value.toFixed(2));
const text = (value) => (value == null ? NOTHING : String(value));
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** Elapsed seconds in the two largest units that fit: 1 d 13 h. */
function duration(seconds) {
  if (seconds == null) return NOTHING;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const place = units.findIndex(([size]) => whole >= size);
  const [[large, largeName], [small, smallName]] = units.slice(place, place + 2);
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${largeName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** An instant as its date and time in UTC. */
const instant = (value) => (value ? `${value.slice(0, 10)} ${value.slice(11, 16)} UTC` : NOTHING);

/** What a definition's event is: some have a meaning of their own. */
const eventName = (name) => ({ "*": "any event", "$signup": "signup" })[name] ?? name;

/** Somebody's text so that Plotly, which knows some tags, draws it as it is. */
const plain = (value) => String(value)
  .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const cut = (value, most) => (value.length > most ? `${value.slice(0, most - 1)}…` : value);
const short = (value, most = 34) => plain(cut(value, most));

/** What a value of a segment is called; values without a line of their own are one. */
const valueName = (row) => (row.is_other ? "all others" : row.segment_value);
const valueKey = (row) => `${row.is_other ? 1 : 0}${row.segment_value}`;

/** An element with attributes and children; a child that is a string is text, never HTML. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value != null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}
