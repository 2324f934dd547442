/** Faults within functions, from the statements that make them. */
import type { Migration } from '../../engines/index.ts'
import { nodeAs, type Statement, statementsOf } from '../../syntax/index.ts'
import { edited, idOf, type Kind, type Mutant, type Proposal } from '../mutant.ts'
import { conditionProposals } from './conditions.ts'
import { queryProposals } from './queries.ts'
import { signProposals } from './signs.ts'
import { stepProposals } from './steps.ts'
import { valueProposals } from './values.ts'
import { Words } from './words.ts'

/** A statement, and where it stands in its file. */
export interface Located extends Statement {
  readonly file: string
  /** The position of its first character. */
  readonly from: number
}

/** The statements of all files, in order. */
export async function locatedStatements(migrations: readonly Migration[]): Promise<Located[]> {
  const located: Located[] = []
  for (const { name, sql } of migrations) {
    let cursor = 0
    for (const statement of await statementsOf(sql)) {
      const from = sql.indexOf(statement.text, cursor)
      cursor = from + statement.text.length
      located.push({ ...statement, file: name, from })
    }
  }
  return located
}

/** The name of the function that a statement makes, as it is written, without its schema where it has none. */
export function functionMadeBy({ node }: Statement): string | undefined {
  const made = nodeAs(node, 'CreateFunctionStmt')
  return made?.funcname?.map((part) => nodeAs(part, 'String')?.sval ?? '').join('.')
}

/** The statements that make functions; of those made several times, the last one: it is the one that counts. */
export function lastOfEachFunction(statements: readonly Located[]): Located[] {
  const last = new Map<string, Located>()
  for (const statement of statements) {
    const name = functionMadeBy(statement)
    if (name !== undefined) last.set(`${name}/${argumentsOf(statement)}`, statement)
  }
  return [...last.values()]
}

/** Every fault of every function. */
export async function functionMutants(statements: readonly Located[]): Promise<Mutant[]> {
  const made: Mutant[] = []
  for (const statement of lastOfEachFunction(statements)) made.push(...(await mutantsOf(statement)))
  return made
}

/** A function's body within its statement, and whether it is made of steps. */
export async function bodyOf(
  statement: Located,
): Promise<{ begin: number; end: number; isProcedural: boolean } | undefined> {
  const words = await Words.of(statement.text)
  const quoted = words.all.find(({ word, index }) => /^\$\w*\$/.test(word) && words.word(index - 1) === 'as')
  const tag = quoted?.word.match(/^\$\w*\$/)?.[0].length ?? 0
  const isProcedural = words.all.some(
    ({ word, index }) => word === 'language' && words.word(index + 1) === 'plpgsql',
  )
  return quoted && { begin: quoted.from + tag, end: quoted.to - tag, isProcedural }
}

function argumentsOf({ node }: Statement): string {
  return JSON.stringify(
    (nodeAs(node, 'CreateFunctionStmt')?.parameters ?? []).map((one) => {
      const names = nodeAs(one, 'FunctionParameter')?.argType?.names ?? []
      return names.map((name) => nodeAs(name, 'String')?.sval)
    }),
  )
}

async function mutantsOf(statement: Located): Promise<Mutant[]> {
  const words = await Words.of(statement.text)
  const within = await bodyOf(statement)
  const defaults = valueProposals(words)
    .filter(({ from }) => from < (within?.begin ?? 0) && isDefault(words, from))
    .map((proposal) => ({ ...proposal, kind: 'default' as Kind }))
  const proposals = [...defaults]
  if (within) {
    const { begin, end, isProcedural } = within
    const body = await Words.of(statement.text.slice(begin, end))
    const inBody = [
      ...signProposals(body),
      ...valueProposals(body),
      ...queryProposals(body),
      ...conditionProposals(body),
      ...(isProcedural ? stepProposals(body) : []),
    ]
    proposals.push(...inBody.map((one) => ({ ...one, from: one.from + begin, to: one.to + begin })))
  }
  return mutantsFrom(statement, `function ${functionMadeBy(statement)}`, proposals)
}

function isDefault(words: Words, from: number): boolean {
  const token = words.all.find((one) => one.from === from)
  return (
    token !== undefined &&
    /^(default|=|interval|\()$/.test(words.word(token.index - 1)) &&
    token.depth > 0 &&
    token.clause === 'default'
  )
}

/** The mutants of a statement: each proposal once. */
export function mutantsFrom(statement: Located, object: string, proposals: readonly Proposal[]): Mutant[] {
  const seen = new Map<string, number>()
  const texts = new Set<string>()
  return proposals.flatMap(({ kind, from, to, text }) => {
    const after = edited(statement.text, { from, to, text })
    if (texts.has(after) || after === statement.text) return []
    texts.add(after)
    const around = [
      statement.text.slice(Math.max(0, from - 40), from),
      statement.text.slice(from, to),
      statement.text.slice(to, to + 40),
    ]
    const key = idOf(object, kind, ...around.map((part) => part.replace(/\s+/g, ' ')), text)
    const times = seen.get(key) ?? 0
    seen.set(key, times + 1)
    return [
      {
        id: times === 0 ? key : idOf(key, String(times)),
        kind,
        file: statement.file,
        line: statement.line,
        object,
        before: statement.text,
        after,
        edit: { file: statement.file, from: from + statement.from, to: to + statement.from, text },
        // It is there already.
        shortcut: { script: after.replace(/^create\s+(?=function|procedure)/i, 'create or replace ') },
      },
    ]
  })
}
