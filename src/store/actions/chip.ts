/** What a chip designer asks for after a conversion: compare a dump, cost the network, trace an element. */
import type { DumpWindow } from '../../engine/chip-api';
import type { FileInput } from '../../engine/api';
import { dumpsNow } from '../chip';
import type { ChipSlice, TracePlace } from '../chip-slice';
import { shown } from '../loadable';
import { fieldsOf } from '../run-job';
import { conversionOf } from '../selectors';
import { services } from '../services';
import { errorDetail, notify, notifyError, setView, state, useStudio } from '../store';
import { selectLayer } from './view';

const setChip = (patch: Partial<ChipSlice>): void => useStudio.setState((s) => ({ chip: { ...s.chip, ...patch } }));

/** Can these be a simulator's dumps? A .npy is data too: it is a dump where it lies on a layer or has the name of a tensor's file. */
export const areDumps = (files: readonly FileInput[], onLayer: boolean): boolean =>
  files.every(
    (f) => /\.(mem|memh|memb|hex|dat|txt)$/i.test(f.name) || (/\.npy$/i.test(f.name) && (onLayer || /_(yq|y|x1|x2)\.npy$/i.test(f.name))),
  );

/** Matched by name, or with the tensor that they were dropped on. */
export async function compareDumps(files: readonly FileInput[], target?: { readonly layer: string; readonly role: string }): Promise<void> {
  const conversion = conversionOf(state());
  try {
    const outcomes = await services().engine.compareDumps(files, target);
    if (conversion === undefined || conversionOf(state()) !== conversion) return;
    const made = outcomes.flatMap((o) => ('result' in o ? [o.result] : []));
    const kept = dumpsNow(state()).filter((d) => !made.some((m) => m.id === d.id));
    setChip({ dumps: [...kept, ...made], dumpsOf: conversion });
    for (const o of outcomes) if ('error' in o) notify({ tone: 'bad', title: `${o.name}: ${o.error.what}`, detail: errorDetail(o.error) });
    const first = made.find((d) => d.differing > 0) ?? made[0];
    if (first === undefined) return;
    const wrong = made.filter((d) => d.differing > 0).length;
    notify({
      tone: wrong === 0 ? 'good' : 'watch',
      title:
        made.length === 1
          ? `${first.name}: ${first.differing === 0 ? 'equal in every element' : `${first.differing} of ${first.elements} elements differ`}`
          : `${made.length} dumps compared: ${wrong === 0 ? 'all are equal' : `${wrong} differ`}`,
      detail: undefined,
    });
    setView({ inspectorTab: 'integers' });
    await selectLayer(first.layer);
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}

export async function dropDump(id: string): Promise<void> {
  setChip({ dumps: state().chip.dumps.filter((d) => d.id !== id) });
  await services()
    .engine.dropDumps([id])
    .catch((error: unknown) => notifyError(fieldsOf(error)));
}

export const dumpWindow = (
  id: string,
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): Promise<DumpWindow> => services().engine.dumpWindow(id, index, window);

/** The index of the next element that differs; undefined: none, or the dump is gone. */
export async function nextMismatch(id: string, position: number, by: 1 | -1): Promise<readonly number[] | undefined> {
  try {
    return (await services().engine.nextMismatch(id, position, by))?.index;
  } catch (error) {
    notifyError(fieldsOf(error));
    return undefined;
  }
}

export async function showMiddle(middle: ChipSlice['middle']): Promise<void> {
  setChip({ middle });
  setView({ place: 'graph' });
  if (middle === 'hardware') await loadHardware({});
}

/** Asks anew for other settings or after another conversion. */
export async function loadHardware(change: Partial<Pick<ChipSlice, 'sramBytes' | 'packing'>>): Promise<void> {
  const conversion = conversionOf(state());
  const { sramBytes, packing } = { ...state().chip, ...change };
  const before = state().chip.hardwareOf === conversion ? shown(state().chip.hardware) : undefined;
  setChip({ sramBytes, packing, hardwareOf: conversion, hardware: { kind: 'loading', progress: undefined, previous: before } });
  const stands = () => state().chip.hardwareOf === conversion && state().chip.sramBytes === sramBytes && state().chip.packing === packing;
  try {
    const value = await services().engine.hardware({ sramBytes, packing });
    if (stands()) setChip({ hardware: { kind: 'ready', value } });
  } catch (error) {
    if (stands()) setChip({ hardware: { kind: 'failed', error: fieldsOf(error), previous: before } });
  }
}

/** Opens the trace of an element, or goes on from the one on screen. */
export async function openTrace(place: TracePlace, goOn = false): Promise<void> {
  const path = goOn ? [...state().chip.path, place] : [place];
  await traceAt(path);
}

export async function traceBack(): Promise<void> {
  const { path } = state().chip;
  if (path.length > 1) await traceAt(path.slice(0, -1));
}

async function traceAt(path: readonly TracePlace[]): Promise<void> {
  const place = path.at(-1) as TracePlace;
  const previous = shown(state().chip.trace);
  setChip({ path, traceOpen: true, trace: { kind: 'loading', progress: undefined, previous } });
  try {
    const value = await services().engine.trace(place.layer, place.index);
    if (state().chip.path === path) setChip({ trace: { kind: 'ready', value } });
  } catch (error) {
    if (state().chip.path === path) setChip({ trace: { kind: 'failed', error: fieldsOf(error), previous } });
  }
}

export const closeTrace = (): void => setChip({ traceOpen: false, path: [] });
