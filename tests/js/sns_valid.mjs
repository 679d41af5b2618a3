// Says of each line of JSON on stdin, a message of SNS and its certificate, whether Amazon's own validator takes it:
// `node sns_valid.mjs MODULES`. Its only way out is replaced: the certificate is the one on the line.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { EventEmitter } from "node:events";

const require = createRequire(process.argv[2]);
const https = require("node:https");
let certificate = "";
https.get = (_url, answered) => {
  const answer = new EventEmitter();
  answer.statusCode = 200;
  queueMicrotask(() => {
    answered(answer);
    answer.emit("data", certificate);
    answer.emit("end");
  });
  return new EventEmitter();
};

// Anew for each message: it keeps certificates by their address.
function validator() {
  delete require.cache[require.resolve("sns-validator")];
  return new (require("sns-validator"))();
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  certificate = said.certificate;
  const taken = await new Promise((resolve) => validator().validate(said.message, (error) => resolve(!error)));
  console.log(JSON.stringify(taken));
}
