"use strict";
(() => {
  const PRINTED_WIDTH = 680;
  const charts = [...document.querySelectorAll(".chart")];
  for (const chart of charts) {
    const figure = JSON.parse(document.getElementById(chart.dataset.figure).textContent);
    // On a phone a cell has no room for its number; a tap shows it, and so does the table.
    if (innerWidth < 640 && figure.data[0].type === "heatmap") {
      delete figure.data[0].texttemplate;
      figure.layout.xaxis.dtick = 3;
      figure.layout.xaxis.tick0 = 0;
    }
    chart.style.height = `${figure.layout.height}px`;
    Plotly.newPlot(chart, figure.data, figure.layout, { responsive: true, displayModeBar: false });
  }
  // Paper has another width than the screen, and what is drawn does not follow by itself.
  window.addEventListener("beforeprint", () => {
    for (const chart of charts) Plotly.relayout(chart, { autosize: false, width: PRINTED_WIDTH });
  });
  window.addEventListener("afterprint", () => {
    for (const chart of charts) Plotly.relayout(chart, { autosize: true, width: null });
  });
})();
