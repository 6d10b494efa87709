/** Sizes of memories as people write them: `512K`, `1.5M`, `65536`. K, M and G are powers of 1024. */
const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Whole bytes from 2 on; undefined where the text is no size. */
export function parseMemorySize(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  if (!parts) return undefined;
  const bytes = Math.round(Number(parts[1]) * (units[(parts[2] as string).toUpperCase()] as number));
  return Number.isSafeInteger(bytes) && bytes >= 2 ? bytes : undefined;
}

/** `512 KiB`, `1.5 MiB`, `300 B`: three digits. */
export function memorySizeText(bytes: number): string {
  for (const unit of ['G', 'M', 'K']) {
    const one = units[unit] as number;
    if (bytes >= one) return `${Number((bytes / one).toPrecision(3))} ${unit}iB`;
  }
  return `${Math.round(bytes)} B`;
}
