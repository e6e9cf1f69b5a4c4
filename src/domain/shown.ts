/** A value as an error message shows it. YAML can say a map that holds itself, which JSON cannot. */
export function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'a value that holds itself';
  }
}
