/** The mark: a chip with one cell lit. */
export function Logo({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#5261f2" />
      <g fill="none" stroke="#fff" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round">
        <rect x="11" y="11" width="10" height="10" rx="2" />
        <path d="M13.5 11V6.5M18.5 11V6.5M13.5 25.5V21M18.5 25.5V21M11 13.5H6.5M11 18.5H6.5M25.5 13.5H21M25.5 18.5H21" />
      </g>
      <rect x="14" y="14" width="4" height="4" rx="1" fill="#fff" />
    </svg>
  );
}
