import { matchesHost } from '../domain/hosts.js';
import type { Connection } from '../sqlite.js';
import { hasClaimable, parseHosts, type ClaimantParams } from './claim.js';

const WAITING_CLASSES = `
  select distinct c.user, c.hosts, c.lane
  from   jobs j
  join   classes c on c.id = j.class
  where  j.state = 'waiting'
`;

/** Whether anything that is pending or waits could ever run on this node: for `feed --until-empty`. */
export function canEverClaim(db: Connection, params: ClaimantParams): boolean {
  if (hasClaimable(db, params)) return true;
  const { node, anyUser, lanes } = params;
  const names = {
    host: node.host,
    shortHost: node.host.split('.', 1)[0] ?? node.host,
    node: node.name,
  };
  return db
    .prepare<[], { user: string; hosts: string | null; lane: string }>(WAITING_CLASSES)
    .all()
    .some(
      ({ user, hosts, lane }) =>
        (anyUser || user === node.user) &&
        (lanes === undefined || lanes.includes(lane)) &&
        matchesHost(parseHosts(hosts), names),
    );
}
