import type { Probe } from './probe.ts'
import { catalogProbes } from './probes/catalog.ts'
import { constraintProbes } from './probes/constraints.ts'
import { isolationProbes } from './probes/isolation.ts'
import { jsonProbes } from './probes/json.ts'
import { moneyProbes } from './probes/money.ts'
import { programProbes } from './probes/programs.ts'
import { queryProbes } from './probes/queries.ts'
import { refusalProbes } from './probes/refusals.ts'
import { sessionProbes } from './probes/sessions.ts'
import { textProbes } from './probes/text.ts'
import { timeProbes } from './probes/time.ts'

/** All questions: what the product does on an engine, and what it or its users rely on there. */
export const probes: readonly Probe[] = [
  ...moneyProbes,
  ...timeProbes,
  ...textProbes,
  ...jsonProbes,
  ...queryProbes,
  ...constraintProbes,
  ...refusalProbes,
  ...programProbes,
  ...sessionProbes,
  ...isolationProbes,
  ...catalogProbes,
]
