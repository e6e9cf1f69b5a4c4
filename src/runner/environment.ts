/** What a runner started by a feeder may keep of rq's own variables: where its files are, and what tests set. */
const RUNNER_KEEPS = /^RQ_(LOCAL|FAULT|RESTART_MS|TEST_\w+)$/;

/**
 * The environment of a new runner, and of a feeder that is to outlive its starter. Variables of rq are left out: a feeder may itself be started by a
 * job, and then neither it nor its runner may carry that job's token.
 */
export function runnerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return pick(env, (name) => !/^RQ(_|$)/.test(name) || RUNNER_KEEPS.test(name));
}

/** The environment that every job starts from: the runner's, without anything of rq's. */
export function slotEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return pick(
    env,
    (name) => !/^(RQ|RQ_.*|NODE_CHANNEL_.*|NODE_UNIQUE_ID|PWD|OLDPWD|SHLVL|_)$/.test(name),
  );
}

/**
 * For a feeder that the runner starts again: without a test's fault, which it has met already, and told
 * that it takes over from another, so that it keeps what was changed since that one started.
 */
export function feederEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...pick(env, (name) => name !== 'RQ_FAULT'), RQ_PREDECESSOR: 'runner' };
}

function pick(env: NodeJS.ProcessEnv, keeps: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => keeps(name)));
}
