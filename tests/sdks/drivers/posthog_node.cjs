// posthog-node
const { PostHog } = require("posthog-node");

const posthog = new PostHog(process.env.WRITE_KEY, { host: process.env.COLLECTOR, flushAt: 4 });
const distinctId = "ada";
posthog.identify({ distinctId, properties: { plan: "pro" } });
for (let n = 0; n < 5; n += 1) {
  posthog.capture({
    distinctId,
    event: "Order Completed",
    properties: { n, total: 12.5, note: "é\n" },
  });
}
posthog.groupIdentify({
  groupType: "company",
  groupKey: "acme",
  properties: { seats: 5 },
  distinctId,
});
posthog.alias({ distinctId, alias: "anon" });
posthog.shutdown(60000).catch((error) => console.error(error));
