/** What the process that plants and the process that runs the specs say to each other: a JSON object a line. */
import { z } from 'zod'

/** Variables that a warm process is started with. */
export const SOCKET = 'CONFORMANCE_MUTATE_SOCKET'
export const ENGINE = 'CONFORMANCE_MUTATE_ENGINE'

/** A claim: the file of its spec, relative to the folder of specs, and its name within. */
export const ClaimName = z.object({ file: z.string(), name: z.string() })
export type ClaimName = Readonly<z.infer<typeof ClaimName>>

/** What a claim did to its databases, on sound migrations. */
export const Recorded = ClaimName.extend({
  ms: z.number(),
  state: z.string(),
  /** Functions that the server has run, by name with schema. */
  ran: z.array(z.string()),
  /** Words of its statements. */
  words: z.array(z.string()),
  /** The numbers of the probed steps that were run. */
  steps: z.array(z.number()),
})
export type Recorded = Readonly<z.infer<typeof Recorded>>

export const Request = z.discriminatedUnion('do', [
  z.object({ do: z.literal('plant'), folder: z.string(), scripts: z.array(z.string()) }),
  z.object({ do: z.literal('record'), file: z.string() }),
  z.object({ do: z.literal('uproot') }),
  z.object({
    do: z.literal('try'),
    folder: z.string(),
    after: z.number().optional(),
    scripts: z.array(z.string()),
    /** In the order in which they are asked. */
    claims: z.array(z.object({ file: z.string(), names: z.array(z.string()) })),
    /** How long one claim may take before it counts as hanging. */
    patienceMs: z.number(),
  }),
])
export type Request = Readonly<z.infer<typeof Request>>

export const Tried = z.object({
  outcome: z.enum(['noticed', 'survived', 'refused']),
  by: ClaimName.optional(),
  /** What the claim, or the server, said. */
  said: z.string().optional(),
  looked: z.number(),
  ms: z.number(),
})
export type Tried = Readonly<z.infer<typeof Tried>>

export const Answer = z.discriminatedUnion('is', [
  z.object({ is: z.literal('ready') }),
  z.object({ is: z.literal('done') }),
  z.object({ is: z.literal('recorded'), claims: z.array(Recorded) }),
  z.object({ is: z.literal('tried'), tried: Tried }),
  z.object({ is: z.literal('broken'), said: z.string() }),
])
export type Answer = Readonly<z.infer<typeof Answer>>
