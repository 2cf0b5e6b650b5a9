// What browsers have and Debian's TypeScript 4.8 does not know of yet.
declare class DecompressionStream {
    constructor(format: "gzip" | "deflate");
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<BufferSource>;
}
