// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { pause, verdict } from "../Modules/lock.js";

test("a page opens for the session that it was made for and no other", () => {
    assert.equal(verdict("a1", "a1"), "open");
    assert.equal(verdict("a1", undefined), "lock");
    assert.equal(verdict("a1", "b2"), "leave");
    assert.equal(verdict("a1", ""), "leave");
    assert.equal(verdict("", "b2"), "leave");
});

test("the server is asked in time, and neither all the time nor hardly ever", () => {
    assert.equal(pause(900), 60_000);
    assert.equal(pause(30), 10_000);
    assert.equal(pause(0), 1000);
});
