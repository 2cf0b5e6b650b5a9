// SPDX-License-Identifier: Apache-2.0

/** The binary, written here as Web/README.md says. */
export function binary(territories, structures, limits = []) {
    const parts = [];
    let offset = 0;
    const put = (array) => {
        const at = offset;
        parts.push(new Float32Array(array));
        offset += 4 * array.length;
        return at;
    };
    const header = {
        territories, limits,
        structures: structures.map((s) => (s.weights ? {
            name: s.name, role: s.role ?? "other", volumeML: s.volumeML, voxels: s.weights.length,
            weightsOffset: put(s.weights), gyPerGBqOffsets: s.gyPerGBq.map(put),
        } : { ...s })),
    };
    let text = JSON.stringify(header);
    while ((12 + Buffer.byteLength(text)) % 4 !== 0) text += " ";
    const head = Buffer.alloc(12);
    head.write("GREVYDS1");
    head.writeUInt32LE(Buffer.byteLength(text), 8);
    const all = Buffer.concat([head, Buffer.from(text), ...parts.map((p) => Buffer.from(p.buffer))]);
    return all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength);
}
