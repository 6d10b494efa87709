/** What scripts/sandbox-plugin.ts makes of workers/plugin.ts. */
declare module 'virtual:plugin-runtime' {
  /** An expression whose value is `start`. */
  export const runtimeText: string;
}
