// A page of a shop with @segment/analytics-next, set up as its documentation says; `asked` is what the test wants.
//   asked: { key, calls: "all" | "one", delivery?, settle_ms }
async function run(asked) {
  const errors = [];
  const consent = { consent: { categoryPreferences: { Advertising: false, Analytics: true } } };
  const integrations = asked.delivery ? { "Segment.io": { deliveryStrategy: asked.delivery } } : {};
  const analytics = AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: asked.key, cdnURL: "https://collect.shop.example" },
    { integrations },
  );
  analytics.catch((error) => errors.push(String(error.message ?? error)));
  analytics.on("error", (error) => errors.push(String(error.code)));
  const order = { order_id: "o-1", total: 12.5 };
  const calls = [
    () => analytics.identify("u-1", { email: "jane@shop.example" }, { context: consent }),
    () => analytics.track("Order Completed", order, { timestamp: new Date(Date.now() - 5_000) }),
    () => analytics.page("Home", { shown: "3 items" }),
    () => analytics.screen("Basket"),
    () => analytics.group("g-1", { plan: "gold" }),
    () => analytics.alias("u-2", "u-1"),
  ];
  for (const call of asked.calls === "all" ? calls : calls.slice(1, 2)) call().catch(() => {});
  await new Promise((done) => setTimeout(done, asked.settle_ms));
  return errors;
}
