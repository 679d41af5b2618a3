// A page of a shop with @rudderstack/analytics-js, set up as its documentation says; `asked` is what the test wants.
//   asked: { key, calls: "all" | "one", beacon?, settle_ms }
async function run(asked) {
  const errors = [];
  const note = console.error;
  console.error = (...told) => errors.push(told.join(" ")) && note(...told);
  const shop = new rudderanalytics.RudderAnalytics();
  shop.load(asked.key, "https://collect.shop.example", {
    configUrl: "https://collect.shop.example",
    logLevel: "ERROR",
    useBeacon: Boolean(asked.beacon),
    consentManagement: {
      enabled: true,
      provider: "custom",
      allowedConsentIds: ["Analytics"],
      deniedConsentIds: ["Advertising"],
    },
  });
  const order = { order_id: "o-1", total: 12.5 };
  const calls = [
    () => shop.identify("u-1", { email: "jane@shop.example" }),
    () => shop.track("Order Completed", order),
    () => shop.page("Home", { shown: "3 items" }),
    () => shop.group("g-1", { plan: "gold" }),
    () => shop.alias("u-2", "u-1"),
  ];
  for (const call of asked.calls === "all" ? calls : calls.slice(1, 2)) call();
  await new Promise((done) => setTimeout(done, asked.settle_ms));
  return errors;
}
