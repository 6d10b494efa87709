/** The answer to a question that changes: the newest one counts, the last stays until it is there. */
import { useEffect, useState } from 'react';
import { fieldsOf } from '../../../store/run-job';
import { errorDetail } from '../../../store/store';

export interface Answered<T> {
  /** Of the last question that was answered. */
  readonly value: T | undefined;
  readonly problem: { readonly title: string; readonly detail: string | undefined } | undefined;
  readonly isOld: boolean;
}

/** `key` names the question; undefined: there is none. */
export function useAnswer<T>(key: string | undefined, generation: unknown, ask: () => Promise<T>): Answered<T> {
  const [kept, setKept] = useState<{ readonly key: string; readonly generation: unknown } & Omit<Answered<T>, 'isOld'>>();
  useEffect(() => {
    if (key === undefined) return undefined;
    let current = true;
    ask().then(
      (value) => current && setKept({ key, generation, value, problem: undefined }),
      (error: unknown) => {
        const fields = fieldsOf(error);
        if (current) setKept({ key, generation, value: undefined, problem: { title: fields.what, detail: errorDetail(fields) } });
      },
    );
    return () => {
      current = false;
    };
    // `ask` is made anew with every render; the key says what it asks
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, generation]);
  return { value: kept?.value, problem: kept?.problem, isOld: kept?.key !== key || kept?.generation !== generation };
}
