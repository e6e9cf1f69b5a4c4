import { execFileSync } from 'node:child_process';

/** Loads the YAML with another language's loader, gets JSON back. */
function loadWith(program: string, args: string[], yaml: string): unknown {
  return JSON.parse(
    execFileSync(program, args, { input: yaml, encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
}
export const loadWithPython = (yaml: string): unknown =>
  loadWith(
    '/usr/bin/python3',
    [
      '-X',
      'utf8',
      '-c',
      'import sys, json, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)',
    ],
    yaml,
  );
export const loadWithRuby = (yaml: string): unknown =>
  loadWith(
    '/usr/bin/ruby',
    [
      '-Ku',
      '-E',
      'UTF-8',
      '-r',
      'yaml',
      '-r',
      'json',
      '-e',
      'puts JSON.generate(YAML.load($stdin.read))',
    ],
    yaml,
  );

/** The YAML that another language's writer makes of the value. */
function dumpWith(program: string, args: string[], value: unknown): string {
  const input = JSON.stringify(value);
  return execFileSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
}
export const dumpWithPython = (value: unknown): string =>
  dumpWith(
    '/usr/bin/python3',
    [
      '-X',
      'utf8',
      '-c',
      'import sys, json, yaml; print(yaml.safe_dump(json.load(sys.stdin), allow_unicode=True))',
    ],
    value,
  );
export const dumpWithRuby = (value: unknown): string =>
  dumpWith(
    '/usr/bin/ruby',
    [
      '-Ku',
      '-E',
      'UTF-8',
      '-r',
      'yaml',
      '-r',
      'json',
      '-e',
      'puts YAML.dump(JSON.parse($stdin.read))',
    ],
    value,
  );
