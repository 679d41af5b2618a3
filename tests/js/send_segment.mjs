// Sends each of the six calls with the unmodified @segment/analytics-node and ends when the last one is answered.
//   node send_segment.mjs HOST WRITE_KEY FOLDER_WITH_NODE_MODULES/
// Prints one line of JSON: how many calls were handed over and what went wrong.
import { createRequire } from "node:module";

const [host, writeKey, modules] = process.argv.slice(2);
const { Analytics } = createRequire(modules)("@segment/analytics-node");

const analytics = new Analytics({ host, writeKey, flushAt: 3, flushInterval: 50, maxRetries: 0 });
const errors = [];
analytics.on("error", (error) => errors.push(String(error.code)));

const timestamp = new Date(Date.now() - 5_000);
const context = { consent: { categoryPreferences: { Advertising: false, Analytics: true } } };
const calls = [
  () => analytics.identify({ userId: "u-1", traits: { email: "jane@shop.example" }, context }),
  () => analytics.track({ userId: "u-1", event: "Order Completed", properties: { order_id: "o-1", total: 12.5 }, timestamp }),
  () => analytics.page({ anonymousId: "d-1", name: "Home", properties: { path: "/start" } }),
  () => analytics.screen({ userId: "u-1", name: "Basket", properties: { shown: "3 items" } }),
  () => analytics.group({ userId: "u-1", groupId: "g-1", traits: { plan: "gold" } }),
  () => analytics.alias({ userId: "u-2", previousId: "u-1" }),
];
for (const call of calls) call();
await analytics.closeAndFlush({ timeout: 10_000 });
console.log(JSON.stringify({ sent: calls.length, errors }));
