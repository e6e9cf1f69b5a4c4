import { join } from 'node:path';

/** Where everything of a queue lies, as absolute paths. Inside the database paths are relative to `directory`. */
export interface QueuePaths {
  readonly directory: string;
  readonly db: string;
  readonly journal: string;
  /** Immutable facts that are needed before the database may be opened. */
  readonly facts: string;
  readonly lease: string;
  /** Bumped when there may be something to claim. */
  readonly wakeWork: string;
  /** Bumped when a job ended. */
  readonly wakeEnds: string;
  readonly wake: string;
  readonly nodes: string;
  readonly bin: string;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly data: string;
  readonly trash: string;
}

export function queuePaths(directory: string): QueuePaths {
  return {
    directory,
    db: join(directory, 'db'),
    journal: join(directory, 'db-journal'),
    facts: join(directory, 'queue.json'),
    lease: join(directory, 'lease'),
    wake: join(directory, 'wake'),
    wakeWork: join(directory, 'wake', 'work'),
    wakeEnds: join(directory, 'wake', 'ends'),
    nodes: join(directory, 'nodes'),
    bin: join(directory, 'bin'),
    stdin: join(directory, 'stdin'),
    stdout: join(directory, 'stdout'),
    stderr: join(directory, 'stderr'),
    data: join(directory, 'data'),
    trash: join(directory, 'trash'),
  };
}
