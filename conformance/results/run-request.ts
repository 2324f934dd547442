import { z } from 'zod'
import { REPORTER_NAMES } from '../report/index.ts'

/** The variable by which `npm test` tells `vitest.config.ts` what it wants, as JSON. */
export const RUN_VARIABLE = 'CONFORMANCE_RUN'

const RunRequest = z.object({
  /** How thorough the run is: `npm test`, `npm run test:all`, `npm run test:exhaustive`. */
  depth: z.enum(['short', 'thorough', 'exhaustive']),
  /** The engines that take part, by name. */
  engines: z.array(z.string()),
  /** Whether somebody chose them: then named specs are wanted on each. */
  chosen: z.boolean(),
  /** Only specs whose path contains one of these; all when there is none. */
  words: z.array(z.string()),
  /** Whether somebody named specs or titles: then they are wanted, though they take a second. */
  named: z.boolean(),
  /** The engines that do not take part, and why. */
  notStarted: z.array(z.object({ engine: z.string(), reason: z.string() })),
  /** The folder of the reports, and which are written. */
  folder: z.string(),
  reporters: z.array(z.enum(REPORTER_NAMES as [(typeof REPORTER_NAMES)[number]])),
  /** The command line that reproduces the run. */
  command: z.string(),
  verbose: z.boolean(),
  /** How many of the slowest specs are told. */
  slowest: z.int().min(0),
  keep: z.boolean(),
})

/** What `npm test` asks of a run. */
export type RunRequest = Readonly<z.infer<typeof RunRequest>>

const RunAnswer = z.object({
  verdict: z.enum(['passed', 'failed', 'error']),
  findings: z.number(),
  skipped: z.number(),
})

/** How a run ended, as it is sent to the process that started it. */
export type RunAnswer = Readonly<z.infer<typeof RunAnswer>>

/** What a run has sent. Throws when it has sent nothing: it did not come to its end. */
export function answerIn(message: unknown): RunAnswer {
  const answer = RunAnswer.safeParse(message)
  if (answer.success) return answer.data
  throw new Error('the run did not come to an end.')
}

/** What the process around asks for; nothing when vitest was called by itself. */
export function requestAround(variables: NodeJS.ProcessEnv): RunRequest | undefined {
  const said = variables[RUN_VARIABLE]
  return said === undefined ? undefined : RunRequest.parse(JSON.parse(said))
}
