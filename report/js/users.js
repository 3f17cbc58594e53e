// Who is behind a number, where the page was made with their ids.
const hasUsers = "funnel_users" in held.tables;
const dialog = document.getElementById("people");
const SHOWN_USERS = 500;

/** A number that can be opened, where the page may say who; else the number alone. */
function userButton(label, open) {
  return hasUsers ? element("button", { type: "button", class: "link", onclick: open }, label)
    : document.createTextNode(label);
}

/** Show a list of users; `counted` is what the view says, of which some may not be held. */
function showUsers(title, users, counted, columns) {
  if (!hasUsers) return;
  const missing = counted - users.length;
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("[data-part=note]").textContent = plural(counted, "person", "people")
    + (missing > 0 ? `, of whom this page holds the latest ${count(users.length)}` : "")
    + (users.length > SHOWN_USERS ? `; ${SHOWN_USERS} are shown, all are in the CSV` : "") + ".";
  dialog.querySelector("[data-part=list]").replaceChildren(element("table", {},
    element("thead", {}, element("tr", {}, ...columns.map((column) =>
      element("th", { scope: "col" }, column.title)))),
    element("tbody", {}, ...users.slice(0, SHOWN_USERS).map((row) => element("tr", {},
      ...columns.map(({ value }, at) => element(at ? "td" : "th", at ? {} : { scope: "row" },
        text(value(row)))))))));
  dialog.querySelector("[data-do=csv]").onclick = () =>
    saveText("people.csv", csvOf({ columns, rows: users }));
  dialog.showModal();
}

const userColumn = { name: "user_id", title: "user", value: (row) => row.user_id };

function showFunnelUsers(step, row, stopped) {
  const users = rows("funnel_users").filter((user) => user.funnel === state.funnel
    && inRange(user.entry_date)
    && (stopped ? user.furthest_step === step : user.furthest_step >= step));
  showUsers(`${stopped ? "Stopped after" : "Reached"} step ${step} of ${state.funnel}`, users, row.users,
    [userColumn, { name: "entry_date", title: "entered", value: (user) => user.entry_date },
      { name: "furthest_step", title: "furthest step", value: (user) => user.furthest_step }]);
}

function showCohortUsers(cell, period) {
  const users = rows("retention_users").filter((user) => user.retention === state.retention
    && user.cohort_start === cell.cohort_start && user.cells.includes(cell.period_number));
  showUsers(`Cohort of ${cell.cohort_start}, back in ${period} ${cell.period_number}`, users,
    cell.retained_users, [userColumn,
      { name: "cohort_start", title: "cohort", value: (user) => user.cohort_start }]);
}

function showChurnUsers(name, counted) {
  showUsers(`In ${name} on ${LAST}`, rows("user_churn").filter((user) => user.churn_status === name),
    counted, [userColumn,
      { name: "last_active_date", title: "last active", value: (user) => user.last_active_date }]);
}
