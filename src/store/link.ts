/**
 * A place in a model as the part of the address behind `#`: the model by the beginning of its SHA-256, and a layer. It never
 * leaves the browser: what is behind `#` is not sent. Law: what was written is read back; anything else is no link.
 */
export interface Link {
  /** The first digits of the model's identity. */
  readonly model: string;
  readonly layer: string | undefined;
}

const digits = 16;

export function linkText(identity: string, layer: string | undefined): string {
  const fields = new URLSearchParams({ model: identity.slice(0, digits) });
  if (layer !== undefined) fields.set('layer', layer);
  return `#${fields.toString()}`;
}

export function parseLink(hash: string): Link | undefined {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const model = fields.get('model');
  if (model === null || !/^[0-9a-f]{8,64}$/.test(model)) return undefined;
  return { model, layer: fields.get('layer') ?? undefined };
}
