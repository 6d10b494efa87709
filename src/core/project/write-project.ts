/**
 * A project as the files of its zip. Each part is hashed as it goes by and project.json comes last, so that one file at a
 * time is in memory. Law: the same project gives the same files.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { utf8Encode } from '../base/bytes';
import type { DataFile } from '../data/source';
import type { BundleFile } from '../exporters/bundle-input';
import { canonicalJson, type Json } from '../recipe/canonical-json';
import { manifestPath, partPaths, projectFormat, projectVersion, type Project, type ProjectData, type ProjectRole } from './format';

export type Digest = (bytes: Uint8Array) => Promise<string>;

export async function* projectFiles(project: Project, digest: Digest, ctx: Context): AsyncGenerator<BundleFile> {
  const { model, data } = project;
  const parts: Record<string, string> = {};
  const all = [project.plugins, model.files, data.calibration?.files, data.evaluation?.files].reduce(
    (n, files) => n + (files?.length ?? 0),
    0,
  );
  let done = 0;

  const part = async (path: string, bytes: Uint8Array): Promise<BundleFile> => {
    parts[path] = await digest(bytes);
    return { path, bytes };
  };
  /** Numbered, so that no name of a file becomes a path of the zip. */
  async function* carried(folder: string, files: readonly DataFile[] | undefined): AsyncGenerator<BundleFile> {
    for (const [i, file] of (files ?? []).entries()) {
      throwIfCancelled(ctx);
      ctx.progress({ stage: 'write', done, total: all });
      yield await part(partOf(folder, i), await file.read());
      done += 1;
    }
  }

  // undefined keys are what JSON leaves out
  yield await part(partPaths.recipe, jsonBytes(JSON.parse(JSON.stringify(project.recipe)) as Json));
  if (project.view !== undefined) yield await part(partPaths.view, jsonBytes(project.view));
  if (project.results !== undefined) yield await part(partPaths.results, jsonBytes(project.results));
  if (project.calibration !== undefined) yield await part(partPaths.calibration, project.calibration);
  const plugins = (project.plugins ?? []).map(({ file, source }) => ({ path: file, read: async () => utf8Encode(source) }));
  yield* carried('plugins', plugins);
  yield* carried('model', model.files);
  yield* carried('calibration', data.calibration?.files);
  yield* carried('evaluation', data.evaluation?.files);
  ctx.progress({ stage: 'write', done: all, total: all });

  yield {
    path: manifestPath,
    bytes: jsonBytes({
      format: projectFormat,
      version: projectVersion,
      tool: project.tool,
      savedAt: project.savedAt,
      model: {
        name: model.name,
        identity: model.identity,
        shapes: model.shapes,
        sample: model.sample,
        files: listed('model', model.files),
      },
      plugins: plugins.length === 0 ? undefined : listed('plugins', plugins),
      data: { calibration: dataOf('calibration', data.calibration), evaluation: dataOf('evaluation', data.evaluation) },
      parts,
    }),
  };
}

const partOf = (folder: string, i: number): string => `${folder}/${i}`;

const listed = (folder: string, files: readonly DataFile[] | undefined): Json | undefined =>
  files?.map((f, i) => ({ path: f.path, part: partOf(folder, i) }));

const dataOf = (role: ProjectRole, data: ProjectData<DataFile> | undefined): Json | undefined =>
  data && {
    name: data.name,
    synthetic: data.synthetic,
    preprocessing: data.preprocessing,
    files: listed(role, data.files),
  };

const jsonBytes = (data: Json): Uint8Array => utf8Encode(canonicalJson(data));
