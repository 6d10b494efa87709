/** The width in CSS pixels of an element, so that charts draw text at its true size. */
import { useEffect, useRef, useState, type RefObject } from 'react';

/** `first` is the width before the element was measured. */
export function useWidth<E extends Element>(first: number): { readonly ref: RefObject<E | null>; readonly width: number } {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined && entry.contentRect.width > 0) setWidth(Math.round(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
