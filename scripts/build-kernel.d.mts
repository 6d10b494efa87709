/** Types of build-kernel.mjs, for its test. */
export function kernelModule(): Promise<string>;
export const kernelFile: URL;
