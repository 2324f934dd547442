/** How far a database is migrated, told by what is there and not by what a ledger says. */
import { type Migration, splitStatements, versionOf } from '../../engines/index.ts'
import type { DatedFact, Fact } from '../../fingerprint/index.ts'

/** What of a migration is there. */
export interface Traces {
  readonly file: Migration
  /** How many of the things it creates there are, and which of them are not, each by its object and its fact. */
  readonly present: readonly DatedFact[]
  readonly missing: readonly DatedFact[]
}

/** How far a database is migrated. */
export interface Applied {
  /** The last migration that is there, whole or changed since; nothing when not even the first is. */
  readonly file: Migration | undefined
  /** The one after it, where that was left before its end. */
  readonly halfWay: Traces | undefined
}

/** How far the database with these facts is migrated. */
export function appliedTo(
  facts: readonly Fact[],
  history: readonly DatedFact[],
  files: readonly Migration[],
): Applied {
  const there = new Set(facts.map(keyOf))
  const traces = files.map((file): Traces => {
    const made = createdBy(versionOf(file), history)
    return {
      file,
      present: made.filter((fact) => there.has(keyOf(fact))),
      missing: made.filter((fact) => !there.has(keyOf(fact))),
    }
  })
  const last = traces.findLast(({ present }) => present.length > 0)
  const halfWay = last && wasLeft(last) ? last : undefined
  // Of what is not whole, half must be there: a few objects of the same names may be somebody else's.
  const whole = traces.findLast(
    (each) => each !== halfWay && each.present.length > 0 && each.present.length >= each.missing.length,
  )
  return { file: whole?.file, halfWay }
}

/** What a migration creates that later ones leave there: objects, and what belongs to them. */
function createdBy(version: string, history: readonly DatedFact[]): DatedFact[] {
  return history.filter(
    ({ object, fact, since, until }) =>
      since === version &&
      until === undefined &&
      /(^|: )definition$/.test(fact) &&
      !/^(role|price) /.test(object) &&
      // Not what it only changed.
      !history.some((other) => other.until === version && other.object === object && other.fact === fact),
  )
}

/** Whether a file was left before its end: what is missing comes after all that is there. */
function wasLeft({ file, present, missing }: Traces): boolean {
  if (missing.length < 2) return false
  const statements = splitStatements(file.sql).filter((text) => /^(create|alter|do)\b/i.test(text))
  const places = (facts: readonly DatedFact[]) => facts.map((fact) => placeOf(fact, statements))
  return Math.min(...places(missing)) > Math.max(...places(present))
}

/** Which statement creates it: the first that has its name, and the name of what it belongs to. */
function placeOf({ object, fact }: DatedFact, statements: readonly string[]): number {
  const names = [/^\w+ (\w+)/.exec(object)?.[1], /^\w+ (.+): definition$/.exec(fact)?.[1]]
  const patterns = names.flatMap((name) => (name ? [new RegExp(`\\b${name}\\b`)] : []))
  return statements.findIndex((text) => patterns.every((pattern) => pattern.test(text)))
}

/** An object or a part of one, by name. */
export function keyOf({ object, fact }: Fact): string {
  return `${object}\0${fact}`
}
