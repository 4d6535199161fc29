// What the package offers everywhere.

export type { Beside, ByteRange, Entry as StoreEntry, Expected, Page, Store, Value } from "#core";
export { TrunksError, type ErrorCode } from "./api/error.js";
export type * from "./api/resources.js";
export { Trunks, type TrunksOptions } from "./api/trunks.js";
export { Https, type HttpsOptions } from "./store/https/index.js";
export { Memory } from "./store/memory.js";
export { S3, type S3Options } from "./store/s3/index.js";
export { StoreError } from "./store/error.js";
