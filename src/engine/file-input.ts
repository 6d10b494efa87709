/** What the engine takes files as. */

/** A file handed to the engine: a File/Blob in the page, bytes in Node. Blobs are read by the engine. */
export interface FileInput {
  readonly name: string;
  /** Path inside a dropped folder, if any. */
  readonly path?: string;
  readonly data: Blob | Uint8Array;
}
