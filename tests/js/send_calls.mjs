// Sends each of the six calls with an unmodified public SDK, three a batch, and ends when the last one is answered.
//   node send_calls.mjs SDK HOST WRITE_KEY FOLDER_WITH_NODE_MODULES/ RETRIES
// Prints one line of JSON: how many calls were handed over and what went wrong with each that was not taken.
import { createRequire } from "node:module";

const [sdk, host, writeKey, modules, retries] = process.argv.slice(2);
const require = createRequire(modules);
const errors = [];
const consents = {
  "@segment/analytics-node": { consent: { categoryPreferences: { Advertising: false, Analytics: true } } },
  "@rudderstack/rudder-sdk-node": {
    consentManagement: { provider: "custom", allowedConsentIds: ["Analytics"], deniedConsentIds: ["Advertising"] },
  },
};

function segment() {
  const { Analytics } = require(sdk);
  const analytics = new Analytics({ host, writeKey, flushAt: 3, flushInterval: 50, maxRetries: Number(retries) });
  analytics.on("error", (error) => errors.push(String(error.reason?.message ?? error.code)));
  return { analytics, ended: () => analytics.closeAndFlush({ timeout: 20_000 }) };
}

function rudder() {
  const Analytics = require(sdk);
  const options = { dataPlaneUrl: host, flushAt: 3, flushInterval: 50, retryCount: Number(retries), logLevel: "none" };
  const errorHandler = (error) => errors.push(String(error.response?.status ?? error.code));
  const analytics = new Analytics(writeKey, { ...options, errorHandler });
  return {
    analytics,
    ended: async () => {
      for (let flushes = 0; flushes < 3; flushes += 1) await analytics.flush();
    },
  };
}

const { analytics, ended } = sdk === "@segment/analytics-node" ? segment() : rudder();
const timestamp = new Date(Date.now() - 5_000);
const order = { order_id: "o-1", total: 12.5 };
const calls = [
  () => analytics.identify({ userId: "u-1", traits: { email: "jane@shop.example" }, context: consents[sdk] }),
  () => analytics.track({ userId: "u-1", event: "Order Completed", properties: order, timestamp }),
  () => analytics.page({ anonymousId: "d-1", name: "Home", properties: { path: "/start" } }),
  () => analytics.screen({ userId: "u-1", name: "Basket", properties: { shown: "3 items" } }),
  () => analytics.group({ userId: "u-1", groupId: "g-1", traits: { plan: "gold" } }),
  () => analytics.alias({ userId: "u-2", previousId: "u-1" }),
];
for (const call of calls) call();
await ended();
console.log(JSON.stringify({ sent: calls.length, errors }));
