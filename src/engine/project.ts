/**
 * The open model and what was made of it as a project file, and a project file taken apart. Changes no state: who reads a
 * project opens its parts like any others. Law: a project that was not finished leaves nothing behind.
 */
import { projectEnding, projectFiles, readProject, sha256Hex, writeCalibration, writeZip } from '../core/index';
import type { CarriedFile } from '../core/project/format';
import type { ExportResult } from './api';
import type { FileInput } from './file-input';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import type { OpenedProject, ProjectRequest } from './project-api';
import { bytesOfFile, dataFiles } from './read-files';
import type { EngineState, OpenModel } from './state';

type Ports = Pick<EnginePorts, 'sha256' | 'openSink' | 'tool'>;

const digestBy = (ports: Pick<EnginePorts, 'sha256'>) => async (bytes: Uint8Array) =>
  ports.sha256 ? ports.sha256(bytes) : sha256Hex(bytes);

/** Models hardly shrink and take long to: from this size on the zip stores. */
const STORE_FROM = 2 ** 26;

export async function saveProject(
  request: ProjectRequest,
  model: OpenModel,
  calibrated: EngineState['calibrated'],
  ports: Ports,
  ctx: JobContext,
): Promise<ExportResult> {
  const fileName = `${model.summary.name}${projectEnding}`;
  const sink = await ports.openSink(fileName);
  const given = <T extends { readonly files: readonly FileInput[] | undefined }>(part: T) => ({
    ...part,
    files: part.files && dataFiles(part.files),
  });
  const { calibration, evaluation } = request.data;
  const project = {
    ...request,
    tool: `${ports.tool.name} ${ports.tool.version}`,
    model: { ...given(request.model), name: model.summary.name, identity: model.identity },
    data: { ...(calibration ? { calibration: given(calibration) } : {}), ...(evaluation ? { evaluation: given(evaluation) } : {}) },
    calibration: calibrated && writeCalibration(calibrated.shard),
  };
  try {
    const level = request.model.files !== undefined && model.summary.fileBytes >= STORE_FROM ? 0 : 6;
    const { bytes, files } = await writeZip(projectFiles(project, digestBy(ports), ctx), sink, level, ctx);
    await sink.close();
    return { fileName, bytes, files, blob: await sink.blob() };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

export async function openProject(file: FileInput, ports: Ports, ctx: JobContext): Promise<OpenedProject> {
  ctx.progress({ stage: 'read', done: 0, total: 1 });
  const bytes = await bytesOfFile(file);
  ctx.progress({ stage: 'read', done: 1, total: 1 });
  const { model, data, ...rest } = await readProject(bytes, file.name, digestBy(ports), ctx);
  const taken = <T extends { readonly files: readonly CarriedFile[] | undefined }>(part: T) => ({
    ...part,
    files: part.files?.map(asInput),
  });
  const { calibration, evaluation } = data;
  return {
    ...rest,
    model: taken(model),
    data: { ...(calibration ? { calibration: taken(calibration) } : {}), ...(evaluation ? { evaluation: taken(evaluation) } : {}) },
  };
}

const asInput = ({ name, path, bytes }: CarriedFile): FileInput => ({ name, data: bytes, ...(path === undefined ? {} : { path }) });
