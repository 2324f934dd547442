/** What holds for every object of the schema, also for those that are added later: a query a file, no rows = kept. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A rule, and what breaks it. */
export interface Rule {
  /** The name of its file, without the ending. */
  readonly name: string
  /** What holds: a title. */
  readonly claim: string
  /** Has a row for each object that breaks the rule; its column `object` names that. */
  readonly query: string
  readonly breach: Breach
}

/** Changes that break one rule, and no other. */
export interface Breach {
  readonly script: string
  /** The objects that the rule has to name then. */
  readonly noticed: readonly string[]
}

const BREACH = '.breach.sql'

/** This folder, in which `<rule>.sql` stands beside `<rule>.breach.sql`. */
export const rulesFolder = fileURLToPath(new URL('.', import.meta.url))

/** What holds besides, where usage is distributed by tenant: after supabase/scale/citus.sql. */
export const citusRulesFolder = fileURLToPath(new URL('./citus/', import.meta.url))

/** Every rule, by name. Throws a sentence when a file lacks what makes it one, or its breach. */
export function rules(folder = rulesFolder): Rule[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  const isBreach = (file: string) => file.endsWith(BREACH)
  const names = files.filter((file) => !isBreach(file)).map((file) => file.slice(0, -'.sql'.length))
  const stray = files.find((file) => isBreach(file) && !names.includes(file.slice(0, -BREACH.length)))
  if (names.length === 0) throw new Error(`No rules in ${folder}: expected <rule>.sql.`)
  if (stray) throw new Error(`${stray} breaks no rule: expected ${stray.replace(BREACH, '.sql')} beside it.`)
  return names.sort().map((name) => {
    if (!files.includes(`${name}${BREACH}`))
      throw new Error(`${name}.sql has no breach: add ${name}${BREACH}, which breaks it and nothing else.`)
    return ruleOf(folder, name)
  })
}

function ruleOf(folder: string, name: string): Rule {
  const query = readFileSync(`${folder}/${name}.sql`, 'utf8')
  const [, claim] = /^-- (.+)\.\n-- Why: /.exec(query) ?? []
  if (claim === undefined)
    throw new Error(
      `${name}.sql does not say what it holds and why: expected "-- <claim>." and "-- Why: …" first.`,
    )
  return { name, claim, query, breach: breachOf(folder, `${name}${BREACH}`) }
}

function breachOf(folder: string, file: string): Breach {
  const script = readFileSync(`${folder}/${file}`, 'utf8')
  const noticed = [...script.matchAll(/^-- Noticed: (.+)$/gm)].map(([, object]) => object ?? '')
  if (noticed.length === 0)
    throw new Error(
      `${file} does not say what is noticed: expected "-- Noticed: <object>", a line for each object.`,
    )
  return { script, noticed: noticed.sort() }
}
