import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { readProcessStat } from './process.js';

/** Names one process in the whole cluster, for good. */
export interface ProcessIdentity {
  readonly host: string;
  readonly machineId: string;
  /** New at every boot. Containers on one machine share it. */
  readonly bootId: string;
  /** `pid:[4026531836]`: pids mean something only within it. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  readonly pidStart: number;
}

let identity: ProcessIdentity | null = null;

export function thisProcess(): ProcessIdentity {
  if (identity !== null) return identity;
  const stat = readProcessStat(process.pid);
  if (stat === null) throw new Error('cannot read /proc/self/stat: is /proc mounted?');
  identity = {
    host: hostName(),
    machineId: machineId(),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    pidStart: stat.startTicks,
  };
  return identity;
}

/** Whether pids of that boot and namespace can be looked up here. */
export function isSameHost(other: Pick<ProcessIdentity, 'bootId' | 'pidNamespace'>): boolean {
  const here = thisProcess();
  return other.bootId === here.bootId && other.pidNamespace === here.pidNamespace;
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** The machine across boots; where /etc/machine-id is missing or empty, its host name must do. */
export function machineId(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'latin1').trim();
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  } catch {
    // Not every system has one.
  }
  return hostName();
}

export function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid');
}

/** The account's name; its number where no name is known (a container with a bare uid). */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

export function hostName(): string {
  return hostname();
}

export function shortHostName(): string {
  return hostName().split('.')[0] ?? hostName();
}
