/** How far a database is migrated, told by what is there and not by what a ledger says. */

import type { DatedFact, Fact } from '../../catalog/index.ts'
import { type Migration, splitStatements, versionOf } from '../../engines/index.ts'

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
  const there = new Map(facts.map((fact) => [keyOf(fact), fact.value]))
  const traces = files.map((file): Traces => {
    const made = createdBy(versionOf(file), history)
    // What was created may have been changed since; what was only changed is there if it is as it was left.
    const isThere = (fact: DatedFact) =>
      there.has(keyOf(fact)) && (/(^|: )definition$/.test(fact.fact) || there.get(keyOf(fact)) === fact.value)
    return { file, present: made.filter(isThere), missing: made.filter((fact) => !isThere(fact)) }
  })
  const last = traces.findLast(({ present }) => present.length > 0)
  const halfWay = last && wasLeft(last) ? last : undefined
  // Of what is not whole, half must be there: a few objects of the same names may be somebody else's.
  const whole = traces.findLastIndex(
    (each) => each !== halfWay && each.present.length > 0 && each.present.length >= each.missing.length,
  )
  // A last file that leaves nothing that could be told, such as one that only takes away what is too much, counts as applied.
  const rest = traces.slice(whole + 1)
  const silent = whole >= 0 && rest.every(({ present, missing }) => present.length + missing.length === 0)
  return { file: (silent ? traces.at(-1) : traces[whole])?.file, halfWay }
}

/** Whether a migration leaves something by which it can be told that it was applied. */
export function leavesTraces(file: Migration, history: readonly DatedFact[]): boolean {
  return createdBy(versionOf(file), history).length > 0
}

/**
 * What a migration creates that later ones leave there: objects, and what belongs to them. Of one that creates nothing, all
 * that it changes.
 */
function createdBy(version: string, history: readonly DatedFact[]): DatedFact[] {
  const own = history.filter(
    ({ object, since, until }) => since === version && until === undefined && !/^(role|price) /.test(object),
  )
  const created = own.filter(
    ({ object, fact }) =>
      /(^|: )definition$/.test(fact) &&
      // Not what it only changed.
      !history.some((other) => other.until === version && other.object === object && other.fact === fact),
  )
  return created.length > 0 ? created : own
}

/** Whether a file was left before its end: what is missing comes after all that is there. */
function wasLeft({ file, present, missing }: Traces): boolean {
  if (missing.length < 2) return false
  // What a file looks at first, before it changes anything, names much that comes later.
  const statements = splitStatements(file.sql).filter(
    (text) => /^(create|alter|do)\b/i.test(text) && !/errcode = 'QT006'/.test(text),
  )
  // What is found in no statement by its name says nothing of where the file was left.
  const places = (facts: readonly DatedFact[]) =>
    facts.map((fact) => placeOf(fact, statements)).filter((place) => place >= 0)
  return Math.min(...places(missing)) > Math.max(...places(present))
}

/** Which statement creates it: the first that creates what has its name; of a part, the first that also has the part's name. */
function placeOf({ object, fact }: DatedFact, statements: readonly string[]): number {
  const name = /^\w+ (\w+)/.exec(object)?.[1] ?? ''
  const part = /^\w+ (.+): definition$/.exec(fact)?.[1]
  const has = (word: string) => {
    const pattern = new RegExp(`\\b${word}\\b`)
    return (text: string) => pattern.test(text)
  }
  const creates = new RegExp(
    `\\bcreate (or replace )?\\w+ (if not exists )?copilot_internal\\.${name}\\b`,
    'i',
  )
  const first = statements.findIndex((text) => creates.test(text))
  if (part === undefined) return first >= 0 ? first : statements.findIndex(has(name))
  return statements.findIndex((text, i) => i >= first && has(name)(text) && has(part)(text))
}

/** An object or a part of one, by name. */
export function keyOf({ object, fact }: Fact): string {
  return `${object}\0${fact}`
}
