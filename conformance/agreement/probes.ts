import type { Probe } from './probe.ts'
import { catalogProbes } from './probes/catalog.ts'
import { isolationProbes } from './probes/isolation.ts'
import { moneyProbes } from './probes/money.ts'
import { refusalProbes } from './probes/refusals.ts'
import { textProbes } from './probes/text.ts'
import { timeProbes } from './probes/time.ts'

/** All questions: what the product does on an engine, and what it relies on there. */
export const probes: readonly Probe[] = [
  ...moneyProbes,
  ...timeProbes,
  ...textProbes,
  ...refusalProbes,
  ...isolationProbes,
  ...catalogProbes,
]
