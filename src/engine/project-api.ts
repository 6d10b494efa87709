/** Project files as the page sees them: what is put into one, and what comes out. All plain data. */
import type { ProjectData, ProjectModel, ProjectOf } from '../core/project/format';
import type { FileInput } from './file-input';

export type { ProjectRole } from '../core/project/format';

/** The engine adds what it knows itself: the model's name and identity, the statistics, the tool. */
export interface ProjectRequest extends Omit<ProjectOf<FileInput>, 'tool' | 'model' | 'calibration'> {
  readonly model: Omit<ProjectModel<FileInput>, 'name' | 'identity'>;
}

export type OpenedProject = ProjectOf<FileInput>;
export type OpenedData = ProjectData<FileInput>;
