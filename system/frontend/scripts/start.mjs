/**
 * Starts the built server: `node .next/standalone/start.mjs`. With the argument `prepare` it only
 * brings the tables and the signing key up to date, and ends.
 *
 * Two things that Next's own `server.js` does not do. It says in one line when the port is taken,
 * and it tells the application the address of the connection in a header that it overwrites, so
 * that the limit on sign-in attempts cannot be got around with a made-up X-Forwarded-For. Behind a
 * reverse proxy set TRUSTED_PROXIES to the number of proxies: that many addresses, counted from
 * the end of X-Forwarded-For, are then believed. TRUSTED_PROXY_NETWORKS names their addresses or
 * networks (comma-separated, 10.0.0.0/8 e.g.): a connection from elsewhere is believed nothing.
 */
import { subscribe } from "node:diagnostics_channel";
import { BlockList, createServer, isIP, isIPv6 } from "node:net";

const ADDRESS_HEADER = "x-crosstalk-client-address";

function fail(message) {
  process.stderr.write(`frontend: ${message}\n`);
  process.exit(1);
}

function wholeNumber(name, fallback, most) {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0 || value > most) fail(`set ${name} to a whole number up to ${most}`);
  return value;
}

/** The networks that proxies connect from; null where none are named. */
function trustedNetworks(text) {
  const named = text.split(",").map((each) => each.trim()).filter(Boolean);
  if (named.length === 0) return null;
  const list = new BlockList();
  for (const each of named) {
    const [address, length = isIPv6(address) ? "128" : "32"] = each.split("/");
    const most = isIPv6(address) ? 128 : 32;
    if (!isIP(address) || !/^\d+$/.test(length) || Number(length) > most) {
      fail(`set TRUSTED_PROXY_NETWORKS to addresses or networks such as 10.0.0.0/8; ${each} is neither`);
    }
    list.addSubnet(address, Number(length), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}

/** Whether a connection comes from a proxy. */
function fromProxy(address) {
  if (networks === null) return true;
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  return isIP(plain) !== 0 && networks.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

const host = process.env.FRONTEND_HOST ?? "127.0.0.1";
const port = wholeNumber("FRONTEND_PORT", 3000, 65535);
const proxies = wholeNumber("TRUSTED_PROXIES", 0, 16);
const networks = trustedNetworks(process.env.TRUSTED_PROXY_NETWORKS ?? "");

await new Promise((resolve) => {
  const probe = createServer();
  probe.once("error", (error) => {
    fail(
      error.code === "EADDRINUSE"
        ? `port ${port} is in use: set FRONTEND_PORT`
        : `cannot listen on ${host}:${port}: ${error.message}`,
    );
  });
  probe.listen(port, host, () => probe.close(resolve));
});

subscribe("http.server.request.start", ({ request }) => {
  let address = request.socket.remoteAddress ?? "";
  if (proxies > 0 && fromProxy(address)) {
    const forwarded = String(request.headers["x-forwarded-for"] ?? "")
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
    address = forwarded.at(-proxies) ?? address;
  }
  request.headers[ADDRESS_HEADER] = address;
});

// Where the application looks; its settings know nothing of arguments.
process.env.PREPARE_ONLY = process.argv[2] === "prepare" ? "yes" : "";
process.env.NODE_ENV = "production";
process.env.HOSTNAME = host;
process.env.PORT = String(port);
process.env.NEXT_TELEMETRY_DISABLED = "1";
await import("./server.js");
