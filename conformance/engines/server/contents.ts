import { createHash } from 'node:crypto'
import type { OpenOptions, Regime } from '../engine.ts'
import { migrations, platformScript } from '../product.ts'

/** Who applies the migrations to a template: this suite, statement by statement, or the Supabase CLI. */
export type AppliedBy = 'suite' | 'cli'

/** What a database holds when it is opened, with nothing left open. */
export interface Contents {
  readonly holds: NonNullable<OpenOptions['holds']>
  readonly regime: Regime
  readonly appliedBy: AppliedBy
}

/** A template's name up to the part that changes with what it is made of. */
export function templateStem({ holds, regime, appliedBy }: Contents): string {
  return `template_${holds}_${regime}${holds === 'migrations' && appliedBy === 'cli' ? '_cli' : ''}_`
}

/** The template's name. It holds a hash of everything it is made of, read anew: a template is never stale. */
export function templateName(contents: Contents): string {
  const hash = createHash('sha256').update(platformScript(contents.regime))
  if (contents.holds === 'migrations')
    for (const { name, sql } of migrations()) hash.update(`\0${name}\0${sql}`)
  return templateStem(contents) + hash.digest('hex').slice(0, 12)
}
