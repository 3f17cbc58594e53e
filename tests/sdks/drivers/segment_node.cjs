// @segment/analytics-node
const { Analytics } = require("@segment/analytics-node");

const analytics = new Analytics({
  writeKey: process.env.WRITE_KEY,
  host: process.env.COLLECTOR,
  flushAt: 4,
  maxRetries: 10,
});
analytics.on("error", (error) => console.error(error));
const userId = "ada";
analytics.identify({ userId, traits: { plan: "pro" } });
for (let n = 0; n < 5; n += 1) {
  analytics.track({ userId, event: "Order Completed", properties: { n, total: 12.5, note: "é\n" } });
}
analytics.group({ userId, groupId: "acme", traits: { seats: 5 } });
analytics.alias({ userId, previousId: "anon" });
analytics.page({ userId, category: "Docs", name: "Home", properties: { path: "/" } });
analytics.closeAndFlush({ timeout: 60000 });
