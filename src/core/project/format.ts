/**
 * What a project file holds, as types and as the checked schema of its project.json (docs/formats/project.md). A project is
 * a zip: the recipe, the statistics, the view and the results as parts of their own, and, when asked for, the model and its
 * data. Law: every part is named in project.json with the SHA-256 of its bytes; a reader trusts nothing else in the zip.
 */
import * as v from 'valibot';
import type { DataFile } from '../data/source';
import { dictionaryOf } from '../recipe/dictionary-schema';
import type { Json } from '../recipe/canonical-json';
import type { Recipe } from '../recipe/recipe';

export const projectFormat = 't2cproj';
export const projectVersion = 2;
export const projectEnding = '.t2cproj';
export const manifestPath = 'project.json';

/** Of these the zip holds one each, where the project has it. */
export const partPaths = { recipe: 'recipe.json', view: 'view.json', results: 'results.json', calibration: 'calibration.bin' } as const;

export type ProjectRole = 'calibration' | 'evaluation';

/** What data there were: their files where the project carries them, or how many random samples. */
export interface ProjectData<File> {
  readonly name: string;
  readonly synthetic: number | undefined;
  /** Checked by who uses it. */
  readonly preprocessing: Json | undefined;
  /** undefined: not carried. */
  readonly files: readonly File[] | undefined;
}

export interface ProjectModel<File> {
  readonly name: string;
  /** SHA-256 over everything that was opened as the model. */
  readonly identity: string;
  readonly shapes: Readonly<Record<string, readonly number[]>> | undefined;
  /** Which sample of the gallery it is. */
  readonly sample: string | undefined;
  /** undefined: not carried, to be given when the project is opened. */
  readonly files: readonly File[] | undefined;
}

/** A plugin as its text; what it may do is asked of the text again wherever the project is opened. */
export interface ProjectPlugin {
  readonly file: string;
  readonly source: string;
}

export interface ProjectOf<File> {
  /** What wrote it: name and version. */
  readonly tool: string;
  /** ISO 8601. */
  readonly savedAt: string;
  readonly model: ProjectModel<File>;
  readonly data: Readonly<Partial<Record<ProjectRole, ProjectData<File>>>>;
  readonly recipe: Recipe;
  /** Without them the recipe may name algorithms that nobody knows. Absent: none. */
  readonly plugins?: readonly ProjectPlugin[] | undefined;
  /** As calibrate/merge.ts writes it. */
  readonly calibration: Uint8Array | undefined;
  /** How it was looked at, and what was measured: checked by who uses it. */
  readonly view: Json | undefined;
  readonly results: Json | undefined;
}

/** To write: files are read one at a time. */
export type Project = ProjectOf<DataFile>;

export interface CarriedFile {
  readonly name: string;
  /** Inside the folder that it came from. */
  readonly path: string | undefined;
  readonly bytes: Uint8Array;
}

export type ReadProject = ProjectOf<CarriedFile>;

const file = v.object({ path: v.string(), part: v.string() });
const json = v.unknown();

const dataset = v.object({
  name: v.string(),
  synthetic: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  preprocessing: v.exactOptional(json),
  files: v.exactOptional(v.array(file)),
});

/** Unknown keys are dropped, so that a newer writer of the same version may add some. */
export const manifestSchema = v.object({
  format: v.literal(projectFormat),
  version: v.literal(projectVersion),
  tool: v.string(),
  savedAt: v.string(),
  model: v.object({
    name: v.string(),
    identity: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    shapes: v.exactOptional(dictionaryOf(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))))),
    sample: v.exactOptional(v.string()),
    files: v.exactOptional(v.array(file)),
  }),
  data: v.object({ calibration: v.exactOptional(dataset), evaluation: v.exactOptional(dataset) }),
  plugins: v.exactOptional(v.array(file)),
  /** Path in the zip -> SHA-256 of the bytes. */
  parts: v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});

export type ProjectManifest = v.InferOutput<typeof manifestSchema>;
