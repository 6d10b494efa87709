/** What scripts/sdk-types-plugin.ts makes of the SDK's sources. */
declare module 'virtual:sdk-types' {
  /** Declarations by path: `/sdk/...` and `/lib/lib.es2023.d.ts`. */
  export const sdkTypes: Readonly<Record<string, string>>;
}
