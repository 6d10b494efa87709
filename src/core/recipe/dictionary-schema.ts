/**
 * A valibot schema of an object with keys of any name. `v.record` leaves out `constructor`, `prototype` and `__proto__`, which
 * are good names of tensors. Law: the result has every key of the input, in its order, and nothing else.
 */
import * as v from 'valibot';
import { dictionary } from '../base/dictionary';

const isObject = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === 'object' && input !== null && !Array.isArray(input);

export function dictionaryOf<const Value extends v.GenericSchema>(value: Value) {
  return v.pipe(
    v.custom<Readonly<Record<string, v.InferInput<Value>>>>(isObject, 'an object'),
    v.rawTransform(({ dataset, addIssue, NEVER }): Record<string, v.InferOutput<Value>> => {
      const made = dictionary<v.InferOutput<Value>>();
      for (const [key, input] of Object.entries(dataset.value)) {
        const read = v.safeParse(value, input);
        if (read.success) {
          made[key] = read.output;
          continue;
        }
        for (const issue of read.issues) {
          const at: v.IssuePathItem = { type: 'object', origin: 'value', input: { ...dataset.value }, key, value: input };
          const { message, expected, received } = issue;
          addIssue({
            message,
            received,
            input: issue.input,
            path: [at, ...(issue.path ?? [])],
            ...(expected === null ? {} : { expected }),
          });
        }
        return NEVER;
      }
      return made;
    }),
  );
}
