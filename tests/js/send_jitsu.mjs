// Sends four calls with the unmodified @jitsu/js from a server, and ends when the last one is answered.
//   node send_jitsu.mjs HOST WRITE_KEY FOLDER_WITH_NODE_MODULES/
// Prints one line of JSON: how many calls were handed over and what went wrong.
import { createRequire } from "node:module";

const [host, writeKey, modules] = process.argv.slice(2);
const { jitsuAnalytics } = createRequire(modules)("@jitsu/js");
const errors = [];
const analytics = jitsuAnalytics({
  host,
  writeKey: `${writeKey}:any`, // it wants a colon
  s2s: true,
  privacy: { consentCategories: { Advertising: false, Analytics: true } },
  errorPolicy: (message) => errors.push(message),
});
await analytics.identify("u-1", { email: "jane@shop.example" });
await analytics.track("Order Completed", { order_id: "o-1", total: 12.5 });
await analytics.page("Home", { shown: "3 items" });
await analytics.group("g-1", { plan: "gold" });
console.log(JSON.stringify({ sent: 4, errors }));
