// @rudderstack/rudder-sdk-node
const Analytics = require("@rudderstack/rudder-sdk-node");

const analytics = new Analytics(process.env.WRITE_KEY, {
  dataPlaneUrl: process.env.COLLECTOR,
  flushAt: 4,
  flushInterval: 100,
});
const userId = "ada";
analytics.identify({ userId, traits: { plan: "pro" } });
for (let n = 0; n < 5; n += 1) {
  analytics.track({ userId, event: "Order Completed", properties: { n, total: 12.5, note: "é\n" } });
}
analytics.group({ userId, groupId: "acme", traits: { seats: 5 } });
analytics.alias({ userId, previousId: "anon" });
analytics.page({ userId, category: "Docs", name: "Home", properties: { path: "/" } });
// It retries by itself; the test ends the process when all has come.
setInterval(() => analytics.flush().catch(() => {}), 1000);
