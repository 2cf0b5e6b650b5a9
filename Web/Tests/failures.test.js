// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf, refusalOf } from "../Modules/failures.js";

test("the server's sentence is said; without one, what it answered", async () => {
    assert.equal(await refusalOf(new Response("Your session is locked.\n", { status: 401 })), "Your session is locked.");
    assert.equal(await refusalOf(new Response("\n", { status: 502 })), "The server answered 502.");
});

test("an error says its message, anything else itself", () => {
    assert.equal(messageOf(new RangeError("The volume is cut off.")), "The volume is cut off.");
    assert.equal(messageOf("gone"), "gone");
});
