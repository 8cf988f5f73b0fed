import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusedRange } from "./address-rule.ts";

describe("addresses that are not public", () => {
  const cases: ReadonlyArray<[address: string, range: string]> = [
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["10.0.0.1", "private"],
    ["100.100.100.200", "carrierGradeNat"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["168.63.129.16", "metadata"],
    ["169.254.169.254", "linkLocal"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.0.0.192", "reserved"],
    ["192.168.1.1", "private"],
    ["198.18.0.1", "reserved"],
    ["203.0.113.7", "reserved"],
    ["224.0.0.1", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::127.0.0.1", "loopback"],
    ["::7f00:1", "reserved"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["::ffff:169.254.169.254", "linkLocal"],
    ["::ffff:0:127.0.0.1", "rfc6145"],
    ["64:ff9b::10.0.0.1", "private"],
    ["64:ff9b::7f00:1", "loopback"],
    ["64:ff9b:1::a00:1", "rfc6052"],
    ["100::1", "discard"],
    ["2001:db8::1", "reserved"],
    ["2001::1", "teredo"],
    ["2002:7f00:1::1", "6to4"],
    ["2002:808:808::1", "6to4"],
    ["4000::1", "reserved"],
    ["fc00::1", "uniqueLocal"],
    ["fd00:ec2::254", "uniqueLocal"],
    ["fe80::1", "linkLocal"],
    ["fe80::1%eth0", "linkLocal"],
    ["fec0::1", "deprecatedSiteLocal"],
    ["ff02::1", "multicast"],
    ["", "invalid"],
    ["localhost", "invalid"],
  ];
  for (const [address, range] of cases) {
    test(`${address} is refused as ${range}`, () => assert.equal(refusedRange(address), range));
  }
});

describe("addresses that are public", () => {
  const cases = [
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82a::200e",
  ];
  for (const address of cases) test(address, () => assert.equal(refusedRange(address), undefined));
});
