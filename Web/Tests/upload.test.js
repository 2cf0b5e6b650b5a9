// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Upload, digest, piece } from "../Modules/upload.js";

/** A server that keeps pieces as ours does; `answers` replaces the next answers. */
function server(answers = []) {
    const files = new Map();
    const requests = [];
    globalThis.fetch = async (path, options = {}) => {
        requests.push(path);
        const given = answers.shift();
        if (given === "cut") throw new TypeError("network");
        if (given) return new Response(given.text, { status: given.status });
        const json = (value, status = 200) => new Response(
            JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });
        if (path.endsWith("/files")) {
            return json([...files].map(([path, bytes]) => ({ path, received: bytes.length })));
        }
        const name = decodeURIComponent(options.headers["Grevy-File"]);
        const kept = files.get(name) ?? [];
        const bytes = [...new Uint8Array(options.body)];
        assert.equal(options.headers["Grevy-SHA256"], await digest(options.body));
        if (Number(options.headers["Grevy-Offset"]) !== kept.length) {
            return json({ received: kept.length }, 409);
        }
        files.set(name, [...kept, ...bytes]);
        return json({ received: kept.length + bytes.length });
    };
    return { files, requests };
}

const item = (path, bytes) => ({ path, file: new Blob([new Uint8Array(bytes)]) });

test("a piece goes to the end of the file and no further", () => {
    assert.deepEqual(piece(10, 0, 4), [0, 4]);
    assert.deepEqual(piece(10, 8, 4), [8, 10]);
});

test("a digest is SHA-256 (FIPS 180-4, 'abc')", async () => {
    assert.equal(
        await digest(new TextEncoder().encode("abc").buffer),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("files come whole, whatever is cut", async () => {
    const { files } = server(["cut", "cut"]);
    let sent = 0;
    const upload = new Upload("/uploads/1", "t", 4, (bytes) => { sent += bytes; });
    const refused = await upload.sendAll([item("a/ü.dcm", [1, 2, 3, 4, 5, 6, 7]), item("b", [8])]);
    assert.deepEqual(refused, []);
    assert.deepEqual(files.get("a/ü.dcm"), [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(files.get("b"), [8]);
    assert.equal(sent, 8);
});

test("whoever comes again sends what is missing only", async () => {
    const { files, requests } = server();
    files.set("a", [1, 2, 3, 4]);
    files.set("b", [8]);
    const upload = new Upload("/uploads/1", "t", 4, () => {});
    await upload.resume();
    await upload.sendAll([item("a", [1, 2, 3, 4, 5]), item("b", [8])]);
    assert.deepEqual(files.get("a"), [1, 2, 3, 4, 5]);
    assert.equal(requests.filter((path) => path.endsWith("/file")).length, 1);
});

test("a server that knows better is believed", async () => {
    const { files } = server();
    files.set("a", [1, 2]);
    await new Upload("/uploads/1", "t", 4, () => {}).sendAll([item("a", [1, 2, 3, 4, 5])]);
    assert.deepEqual(files.get("a"), [1, 2, 3, 4, 5]);
});

test("a refusal names the file and stops no other", async () => {
    const { files } = server([{ status: 413, text: "This is more than the server takes at once.\n" }]);
    const refused = await new Upload("/uploads/1", "t", 4, () => {})
        .sendAll([item("a", [1]), item("b", [2])], 1);
    assert.deepEqual(refused, [{ path: "a", sentence: "This is more than the server takes at once." }]);
    assert.deepEqual(files.get("b"), [2]);
});
