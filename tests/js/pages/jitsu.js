// A page of a shop with @jitsu/js, set up by its own calls; `asked` is what the test wants.
//   asked: { key, settle_ms }
async function run(asked) {
  const errors = [];
  const note = console.error;
  console.error = (...told) => errors.push(told.join(" ")) && note(...told);
  const script = document.createElement("script");
  script.src = "/sdk/@jitsu/js/dist/web/p.js.txt";
  script.dataset.initOnly = "true";
  await new Promise((done) => {
    script.addEventListener("load", done);
    document.head.append(script);
  });
  const jitsu = window.jitsu;
  jitsu.configure({
    host: "https://collect.shop.example",
    writeKey: `${asked.key}:any`, // it wants a colon
    privacy: { ipPolicy: "remove", consentCategories: { Advertising: false, Analytics: true } },
  });
  await jitsu.identify("u-1", { email: "jane@shop.example" });
  await jitsu.track("Order Completed", { order_id: "o-1", total: 12.5 });
  await jitsu.page("Home", { shown: "3 items" });
  await jitsu.group("g-1", { plan: "gold" });
  await new Promise((done) => setTimeout(done, asked.settle_ms));
  return errors;
}
