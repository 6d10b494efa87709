/** Text for HTML: what reports write of the user's own names goes through here. */

/** In elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (c) => marks[c] ?? c);
}
