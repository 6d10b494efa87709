/**
 * Project files of older versions brought to the present one, a version a step, on the JSON of project.json. Law: a step
 * knows its own two versions only, and is never changed after a release; what a version did not have is absent afterwards.
 */
import { StudioError } from '../base/errors';
import { projectFormat, projectVersion } from './format';

type Fields = Readonly<Record<string, unknown>>;

interface Migration {
  readonly from: number;
  readonly apply: (old: Fields) => Fields;
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {}); // a JSON object

const migrations: readonly Migration[] = [
  {
    // 1 had the SHA-256 of the model as `sha256` and carried no data
    from: 1,
    apply: (old) => {
      const { sha256, ...model } = fieldsOf(old['model']);
      return { ...old, model: { ...model, identity: sha256 }, data: {} };
    },
  },
];

/** Throws `bad-project` where it is no project, or one of a version that is unknown here. */
export function migrated(manifest: unknown, place: string): Fields {
  let now = fieldsOf(manifest);
  const { format, version } = now;
  if (format !== projectFormat || typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw new StudioError({
      code: 'bad-project',
      what: 'This is not a project of the studio',
      expected: `a ${projectFormat} file, version 1 to ${projectVersion}`,
      got: format === projectFormat ? `version ${String(version)}` : 'another kind of file',
      where: { file: place },
    });
  }
  if (version > projectVersion) {
    throw new StudioError({
      code: 'bad-project',
      what: 'This project was saved by a newer studio',
      expected: `version ${projectVersion} or older`,
      got: `version ${version}`,
      where: { file: place },
      todo: 'Open it with the studio that saved it, or bring this one up to date.',
    });
  }
  for (let at = version; at < projectVersion; at++) {
    const step = migrations.find((m) => m.from === at);
    if (step === undefined) throw new StudioError({ code: 'internal', what: `There is no way from project version ${at}` });
    now = { ...step.apply(now), version: at + 1 };
  }
  return now;
}
