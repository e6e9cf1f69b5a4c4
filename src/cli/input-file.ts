import { createReadStream } from 'node:fs';
import { RqError, systemCode } from '../domain/error.js';

/**
 * The bytes of a file that the user named. It is opened when the reading begins, so that its errors
 * reach the reader.
 *
 * @throws RqError `usage` when it cannot be read
 */
export async function* readInputFile(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk;
  } catch (error) {
    const code = systemCode(error);
    if (code === null || error instanceof RqError) throw error;
    throw new RqError('usage', `cannot read ${path}: ${code}`);
  }
}
