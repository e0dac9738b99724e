// Runs every GraphQL-over-HTTP audit (MUST, SHOULD and MAY) with the token in CUORE_TOKEN: node audit.mjs URL
import { auditServer } from "graphql-http";

const EXPECTED = 61;
const url = process.argv[2];
const token = process.env.CUORE_TOKEN;
if (!url || !token) {
  console.error("usage: CUORE_TOKEN=... node audit.mjs URL");
  process.exit(2);
}

const fetchWithToken = (target, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(target, { ...init, headers });
};

const results = await auditServer({ url, fetchFn: fetchWithToken });
for (const result of results) {
  console.log(`${result.status.padEnd(6)} ${result.id} ${result.name}${result.reason ? ` (${result.reason})` : ""}`);
}
const passed = results.filter((result) => result.status === "ok").length;
console.log(`${passed} of ${results.length} audits pass`);
process.exit(passed === results.length && results.length === EXPECTED ? 0 : 1);
