/** The templates as a hook: read when the view is first seen, empty until then. */
import { useEffect, useState } from 'react';
import { templates, type Template } from './templates';

export function useTemplates(): readonly Template[] {
  const [known, setKnown] = useState<readonly Template[]>([]);
  useEffect(() => {
    let gone = false;
    void templates().then((list) => {
      if (!gone) setKnown(list);
    });
    return () => {
      gone = true;
    };
  }, []);
  return known;
}
