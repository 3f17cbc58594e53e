// Colours, axes and marks. Each colour is at least 3 : 1 against its ground, in light and in dark.
const LIGHT = {
  ground: "#ffffff", ink: "#1b2430", soft: "#4d5966", grid: "#e3e7ec", grey: "#6b7683",
  pale: "#b4bcc6",
  colors: ["#0068b0", "#b35900", "#00785a", "#8f3c84", "#c0362c", "#0e7490", "#6b6a00", "#7a4b2a"],
  scale: ["#eaf3fa", "#a9cfe5", "#3d8ebd", "#08446b"],
};
const DARK = {
  ground: "#171d24", ink: "#e7ebf0", soft: "#a9b4c0", grid: "#2c3540", grey: "#93a0ad",
  pale: "#5a6672",
  colors: ["#5eb2f2", "#f0a848", "#45c79d", "#d992c8", "#ff8b7b", "#57cfe0", "#cfc94f", "#d2a27d"],
  scale: ["#1c2c3a", "#24587d", "#4f9fd2", "#b8e0ff"],
};
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;

function isDark() {
  if (printing) return false;
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : prefersDark.matches;
}
const look = () => (isDark() ? DARK : LIGHT);
const color = (at) => look().colors[at % look().colors.length];
const isNarrow = () => innerWidth < 640;

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
function luminance(hex) {
  const [red, green, blue] = channels(hex).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
/** How well one colour is seen on another, from 1 to 21. */
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
/** Black or white, whichever is read better: one of them has 4.5 : 1 on any ground. */
const inkOn = (ground) =>
  (contrast("#000000", ground) > contrast("#ffffff", ground) ? "#000000" : "#ffffff");

/** The colour of a share from 0 to 1 on the scale. */
function shade(share) {
  const { scale } = look();
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const at = Math.min(Math.floor(place), scale.length - 2);
  const [from, to] = [channels(scale[at]), channels(scale[at + 1])];
  return `#${from.map((part, channel) => Math.round(part + (to[channel] - part) * (place - at))
    .toString(16).padStart(2, "0")).join("")}`;
}

/** An axis that does not catch the finger of somebody who scrolls. */
function axis(title = "", settings = {}) {
  return {
    fixedrange: true, gridcolor: look().grid, zeroline: false, automargin: true,
    title: { text: title, standoff: 6, font: { size: 12, color: look().soft } }, ...settings,
  };
}

function layout(height, settings = {}) {
  const { ground, ink, grid } = look();
  return {
    height, autosize: true, margin: { l: 44, r: 12, t: 22, b: 36 },
    font: { family: "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", size: 12.5, color: ink },
    paper_bgcolor: ground, plot_bgcolor: ground, dragmode: false, hovermode: "x unified",
    hoverlabel: { bgcolor: ground, bordercolor: grid, font: { color: ink } },
    showlegend: false, barcornerradius: 2, ...settings,
  };
}

/** Bars, hatched where `open` says so. */
function barLook(open, tone) {
  return {
    color: tone,
    pattern: { shape: open.map((is) => (is ? "/" : "")), size: 5, bgcolor: look().ground },
  };
}

/** A date axis from the first to the last point, or any where there is but one. */
function dateAxis(points, title = "") {
  const xs = points.map((point) => point.period_start ?? point);
  // Few points get a tick each, as one between two weeks is the beginning of neither.
  const ticks = xs.length <= (isNarrow() ? 5 : 8) ? { tickvals: xs } : { nticks: isNarrow() ? 4 : 7 };
  return axis(title, {
    type: "date", showgrid: false, range: xs.length < 2 ? undefined : [xs[0], xs[xs.length - 1]],
    tickformat: "%-d %b\n%Y", tickangle: 0, ...ticks,
  });
}
