const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread: for the few places inside a transaction where nothing else may run. */
export function sleepSync(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
