/** Types of chromium.mjs, for the TypeScript configuration files. */
export function findChromium(): string | undefined;
export const chromiumFlags: string[];
