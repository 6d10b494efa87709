/**
 * Plain objects whose keys other people choose: names of tensors, inputs, operators. `constructor` and `__proto__` are
 * names like any other. Law: a key is there if and only if somebody put it there.
 */

/** An object without a prototype, so that assigning and reading a key never means anything else. */
export function dictionary<T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> {
  const made = Object.create(null) as Record<string, T>; // has no property at all
  for (const [key, value] of entries) made[key] = value;
  return made;
}

/** For an object that came as a message or out of JSON, and so has a prototype again. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
