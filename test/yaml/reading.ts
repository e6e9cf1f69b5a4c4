import { RqError } from '../../src/domain/error.js';
import { type InputDocument, readDocuments } from '../../src/yaml/read.js';

/** A stream in chunks of a few bytes, so that every cut is met. */
async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function read(
  text: string | Buffer,
  options: { literal?: boolean; size?: number } = {},
): Promise<InputDocument[]> {
  const bytes = Buffer.from(text);
  const input = inChunks(bytes, options.size ?? 1 << 16);
  const found: InputDocument[] = [];
  for await (const document of readDocuments(input, {
    source: 'jobs',
    literal: options.literal ?? false,
  }))
    found.push(document);
  return found;
}

export async function records(
  text: string | Buffer,
  options: { literal?: boolean; size?: number } = {},
): Promise<unknown[]> {
  return (await read(text, options)).map((document) => document.record);
}

/** The message with which the text is refused. */
export async function refusal(text: string | Buffer): Promise<string> {
  try {
    await read(text);
  } catch (error) {
    if (error instanceof RqError && error.code === 'bad-document') return error.message;
    throw error;
  }
  return 'nothing refused';
}
