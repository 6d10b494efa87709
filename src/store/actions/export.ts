/** What the export's panel asks and changes before a zip is made. Making it is a step (steps.ts). */
import type { OptionSpec, OptionValues } from '../../core/quant/quantizer';
import type { ExportPreview, PreviewRequest } from '../../engine/export-api';
import { usableChoice, type ExportSlice } from '../export-slice';
import { shown } from '../loadable';
import { fieldsOf } from '../run-job';
import { conversionOf } from '../selectors';
import { services } from '../services';
import { state, useStudio } from '../store';

const setExport = (patch: Partial<ExportSlice>): void => useStudio.setState((s) => ({ exporting: { ...s.exporting, ...patch } }));

/** Asked once, with what else the engine can do. */
export async function loadFormats(): Promise<void> {
  const known = await services().engine.exportFormats();
  setExport({ ...usableChoice(state().exporting, known), known });
}

export function chooseFormat(id: string, isChosen: boolean): void {
  const { formats, known } = state().exporting;
  setExport({ formats: known.map((f) => f.id).filter((f) => (f === id ? isChosen : formats.includes(f))) });
}

export const chooseDeflate = (deflate: boolean): void => setExport({ deflate });

export const openOptions = (id: string | undefined): void => setExport({ open: id });

/** Values at their fallbacks are left out, so that what is kept says what somebody chose. */
export function setOptions(id: string, specs: readonly OptionSpec[], values: OptionValues): void {
  const { options } = state().exporting;
  const own = Object.fromEntries(Object.entries(values).filter(([key, v]) => specs.find((s) => s.id === key)?.fallback !== v));
  const { [id]: _, ...others } = options;
  setExport({ options: Object.keys(own).length === 0 ? others : { ...others, [id]: own } });
}

/** How large the zip will be; what options contradict is told in the place of a number. */
export async function loadEstimate(): Promise<void> {
  const conversion = conversionOf(state());
  if (conversion === undefined) return;
  const { formats, options, estimate, estimateOf } = state().exporting;
  const previous = estimateOf === conversion ? shown(estimate) : undefined;
  setExport({ estimateOf: conversion, estimate: { kind: 'loading', progress: undefined, previous } });
  const stands = () => {
    const { exporting } = state();
    return exporting.formats === formats && exporting.options === options && exporting.estimateOf === conversion;
  };
  try {
    const value = await services().engine.exportEstimate({ formats, options });
    if (stands()) setExport({ estimate: { kind: 'ready', value } });
  } catch (error) {
    if (stands()) setExport({ estimate: { kind: 'failed', error: fieldsOf(error), previous } });
  }
}

/** Rejects with the engine's error: the preview shows it in place. */
export const exportPreview = (request: PreviewRequest): Promise<ExportPreview> => services().engine.exportPreview(request);
