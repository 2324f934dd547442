/** The variable by which `npm test` tells `vitest.config.ts` what it wants, as JSON. */
export const RUN_VARIABLE = 'CONFORMANCE_RUN'

/** What `npm test` asks of the Vitest that it starts. */
export interface RunRequest {
  /** How thorough the run is: `npm test`, `npm run test:all`, `npm run test:exhaustive`. */
  readonly depth: 'short' | 'thorough' | 'exhaustive'
  /** Whether somebody named specs or titles: then they are wanted, though they take a second. */
  readonly named: boolean
  /** What is run: on each engine, and without any. */
  readonly projects: readonly RequestedProject[]
  /** The files of specs that were named, relative to their folder; absent when all are run. */
  readonly files?: readonly string[]
  /** Whether Vitest itself tells what it does. */
  readonly verbose: boolean
  /** Whether the databases of tests that fail are kept until somebody interrupts the run. */
  readonly keep: boolean
}

/** The specs of an engine, or those that need none. */
export interface RequestedProject {
  /** The engine, or {@link HOUSE}. */
  readonly name: string
  /** Its files of specs that are not run, relative to their folder. */
  readonly leftOut: readonly string[]
}

/** What the process around asks for; nothing when Vitest was called by itself. */
export function requestAround(variables: NodeJS.ProcessEnv): RunRequest | undefined {
  const said = variables[RUN_VARIABLE]
  return said === undefined ? undefined : (JSON.parse(said) as RunRequest)
}
