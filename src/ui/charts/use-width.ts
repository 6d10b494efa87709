/** The size in CSS pixels of an element, so that charts draw text at its true size. */
import { useEffect, useRef, useState, type RefObject } from 'react';

/** `first` is the width before the element was measured. */
export function useWidth<E extends Element>(first: number): { readonly ref: RefObject<E | null>; readonly width: number } {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(first);
  useEffect(() => observe(ref.current, (box) => box.width > 0 && setWidth(Math.round(box.width))), []);
  return { ref, width };
}

/** Width and height, 0 before the element was measured: for charts that fill what their panel leaves. */
export function useSize<E extends Element>(): { readonly ref: RefObject<E | null>; readonly width: number; readonly height: number } {
  const ref = useRef<E>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => observe(ref.current, (box) => setSize({ width: Math.round(box.width), height: Math.round(box.height) })), []);
  return { ref, ...size };
}

function observe(element: Element | null, tell: (box: DOMRectReadOnly) => void): (() => void) | undefined {
  if (element === null) return undefined;
  const observer = new ResizeObserver(([entry]) => {
    if (entry !== undefined) tell(entry.contentRect);
  });
  observer.observe(element);
  return () => observer.disconnect();
}
