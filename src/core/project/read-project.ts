/**
 * A project file read back: its version brought to the present one, every part held against its SHA-256, the recipe
 * checked. Throws StudioError that names the file and says what is wrong with it; changes nothing.
 */
import { unzipSync } from 'fflate';
import * as v from 'valibot';
import { utf8Decode } from '../base/bytes';
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import { isZip } from '../data/npz';
import type { Json } from '../recipe/canonical-json';
import { parseRecipe, recipeForm } from '../recipe/validate';
import { manifestPath, manifestSchema, partPaths, type CarriedFile, type ProjectManifest, type ReadProject } from './format';
import { migrated } from './migrate';
import type { Digest } from './write-project';

export async function readProject(bytes: Uint8Array, file: string, digest: Digest, ctx: Context): Promise<ReadProject> {
  const manifest = manifestOf(bytes, file);
  const wanted = new Set(Object.keys(manifest.parts));
  const parts = unzip(bytes, file, (name) => wanted.has(name));
  let done = 0;
  for (const [path, sha256] of Object.entries(manifest.parts)) {
    throwIfCancelled(ctx);
    ctx.progress({ stage: 'check', done, total: wanted.size });
    const part = parts[path];
    if (part === undefined) throw damaged(`Its part ${path} is missing`, file);
    const got = await digest(part);
    if (got !== sha256) throw damaged(`Its part ${path} was changed or damaged`, file, `SHA-256 ${sha256}`, got);
    await ctx.tick();
    done += 1;
  }
  ctx.progress({ stage: 'check', done, total: wanted.size });

  const json = (path: string): Json | undefined => {
    const part = parts[path];
    return part === undefined ? undefined : jsonOf(part, path, file);
  };
  const carried = (files: Files): readonly CarriedFile[] | undefined => files?.map((f) => carriedFile(f, parts, file));
  const recipe = json(partPaths.recipe);
  if (recipe === undefined) throw damaged('It holds no recipe', file);
  const { tool, savedAt, model, data } = manifest;
  const plugins = carried(manifest.plugins)?.map(({ name, bytes: text }) => ({ file: name, source: utf8Decode(text) }));
  const dataset = (d: ProjectManifest['data']['calibration']) =>
    d && {
      name: d.name,
      synthetic: d.synthetic,
      preprocessing: d.preprocessing as Json | undefined, // out of JSON.parse
      files: carried(d.files),
    };
  const [calibration, evaluation] = [dataset(data.calibration), dataset(data.evaluation)];
  return {
    tool,
    savedAt,
    model: { name: model.name, identity: model.identity, shapes: model.shapes, sample: model.sample, files: carried(model.files) },
    data: { ...(calibration ? { calibration } : {}), ...(evaluation ? { evaluation } : {}) },
    // which names there are is known once the plugins are in use
    recipe: plugins ? recipeForm(recipe) : parseRecipe(recipe),
    ...(plugins ? { plugins } : {}),
    calibration: parts[partPaths.calibration],
    view: json(partPaths.view),
    results: json(partPaths.results),
  };
}

type Files = ProjectManifest['model']['files'];

function carriedFile({ path, part }: NonNullable<Files>[number], parts: Readonly<Record<string, Uint8Array>>, file: string): CarriedFile {
  const bytes = parts[part];
  if (bytes === undefined) throw damaged(`Its part ${part} is missing`, file);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return { name, path: name === path ? undefined : path, bytes };
}

function manifestOf(bytes: Uint8Array, file: string): ProjectManifest {
  if (bytes.length === 0) {
    throw new StudioError({ code: 'empty-file', what: 'The file is empty', expected: 'a project', where: { file } });
  }
  if (!isZip(bytes)) {
    throw new StudioError({
      code: 'bad-project',
      what: 'This is not a project of the studio',
      expected: 'a .t2cproj file',
      got: 'something else',
      where: { file },
    });
  }
  const entry = unzip(bytes, file, (name) => name === manifestPath)[manifestPath];
  if (entry === undefined) {
    throw new StudioError({
      code: 'bad-project',
      what: 'This is not a project of the studio',
      expected: `a zip with ${manifestPath}`,
      got: 'a zip without it',
      where: { file },
    });
  }
  const parsed = v.safeParse(manifestSchema, migrated(jsonOf(entry, manifestPath, file), file));
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw damaged(`${manifestPath} is not valid at ${v.getDotPath(issue) ?? 'its root'}`, file);
}

function unzip(bytes: Uint8Array, file: string, wanted: (name: string) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter: ({ name }) => wanted(name) });
  } catch (cause) {
    throw new StudioError({
      code: 'truncated',
      what: 'The project file is cut off or damaged',
      got: cause instanceof Error ? cause.message : String(cause),
      where: { file },
      todo: 'Copy or save it again.',
    });
  }
}

function jsonOf(bytes: Uint8Array, path: string, file: string): Json {
  try {
    return JSON.parse(utf8Decode(bytes)) as Json; // what JSON.parse gives
  } catch {
    throw damaged(`${path} is not JSON`, file);
  }
}

function damaged(what: string, file: string, expected?: string, got?: string): StudioError {
  return new StudioError({
    code: 'bad-project',
    what: `The project is damaged. ${what}`,
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    where: { file },
    todo: 'Nothing of it was opened. Save it again where it came from.',
  });
}
