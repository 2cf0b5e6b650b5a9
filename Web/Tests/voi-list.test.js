// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { volumeChange } from "../Modules/voi-list.js";

test("a change of volume is that of the volumes as they are written", () => {
    assert.equal(volumeChange(12.34, undefined), "12.3 mL");
    assert.equal(volumeChange(12.34, 13.06), "12.3 mL, before 13.1 (−0.8)");
    assert.equal(volumeChange(1500.26, 1499.94), "1500.3 mL, before 1499.9 (+0.4)");
    assert.equal(volumeChange(7.01, 6.99), "7.0 mL, before 7.0 (±0.0)");
});
