// Says of each line of JSON on stdin, the headers and the body of a delivery, whether Shopify's own library takes it:
// `node shopify_valid.mjs MODULES SECRET`.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2]);
require("@shopify/shopify-api/adapters/node");
const { shopifyApi, LogSeverity } = require("@shopify/shopify-api");
const shopify = shopifyApi({
  apiKey: "app",
  apiSecretKey: process.argv[3],
  apiVersion: "2026-01",
  hostName: "collect.shop.example",
  isEmbeddedApp: false,
  logger: { level: LogSeverity.Error, log: () => {} },
});

for await (const line of createInterface({ input: process.stdin })) {
  const { headers, body } = JSON.parse(line);
  const rawRequest = { headers, method: "POST", url: "/hooks/shop" };
  const found = await shopify.webhooks.validate({ rawBody: body, rawRequest, rawResponse: {} });
  console.log(JSON.stringify(found.valid));
}
