// Which events are recorded, and what is in them.
let sought = "";

function propertyRows(event) {
  const found = rows("event_properties").filter((row) => row.event_name === event);
  if (!found.length) return [element("p", {}, "These events have no properties.")];
  return [element("table", {}, element("thead", {}, element("tr", {},
    ...["property", "events", "share", "example"].map((title) =>
      element("th", { scope: "col" }, title)))),
  element("tbody", {}, ...found.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.property), element("td", {}, count(row.events)),
    element("td", {}, percent(row.share)),
    element("td", { class: "example" }, text(row.example_value))))))];
}

function eventRow(row, most, at) {
  const open = element("button", { type: "button", class: "link", "aria-expanded": "false",
    "aria-controls": `properties-${at}` }, row.event_name);
  const place = element("td", { colspan: 5 });
  const below = element("tr", { id: `properties-${at}`, class: "properties", hidden: true }, place);
  open.addEventListener("click", () => {
    if (!place.firstChild) place.append(...propertyRows(row.event_name));
    below.hidden = !below.hidden;
    open.setAttribute("aria-expanded", String(!below.hidden));
  });
  const bar = element("span", { class: "share-bar", "aria-hidden": "true" });
  bar.style.width = `${Math.max(100 * row.events / most, 1)}%`;
  return [element("tr", {}, element("th", { scope: "row" }, open),
    element("td", { class: "with-bar" }, bar, count(row.events)),
    element("td", {}, count(row.users)), element("td", { class: "date" }, row.first_event_at.slice(0, 10)),
    element("td", { class: "date" }, instant(row.last_event_at))), below];
}

drawers.catalog = () => {
  const all = rows("event_catalog");
  const most = Math.max(...all.map((row) => row.events), 1);
  const properties = grouped(rows("event_properties"), (row) => row.event_name);
  const list = element("tbody");
  const draw = () => {
    const lower = sought.toLowerCase();
    const found = all.filter((row) => row.event_name.toLowerCase().includes(lower)
      || (properties.get(row.event_name) ?? []).some((one) => one.property.toLowerCase().includes(lower)));
    list.replaceChildren(...found.flatMap((row, at) => eventRow(row, most, at)));
  };
  const search = element("input", { type: "search", value: sought, "aria-label":
    "Find an event or a property", placeholder: "Find an event or a property",
    oninput: (event) => { sought = event.target.value; draw(); } });
  draw();
  const flat = all.flatMap((row) => (properties.get(row.event_name) ?? [{}]).map((one) =>
    ({ ...row, property: one.property, with_property: one.events, share: one.share,
      example: one.example_value })));
  return {
    body: [search, element("div", { class: "scroll", tabindex: 0, role: "region",
      "aria-label": "Events" }, element("table", { class: "catalog" },
      element("thead", {}, element("tr", {}, ...["event", "events", "people", "first", "latest"]
        .map((title, at) => element("th", { scope: "col", class: at > 2 ? "date" : null }, title)))),
      list))],
    note: `${plural(all.length, "name")} up to ${LAST}, the most frequent first. A name opens its properties.`,
    table: {
      columns: [
        ...["event_name", "events", "users", "first_event_at", "last_event_at", "property"].map((name) =>
          ({ name, title: name, value: (row) => row[name] })),
        { name: "events_with_property", title: "with it", value: (row) => row.with_property },
        { name: "share", title: "share", value: (row) => row.share },
        { name: "example_value", title: "example", value: (row) => row.example },
      ],
      rows: flat,
    },
  };
};
