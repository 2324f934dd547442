/** New values of enums. */
import { nodeAs, nodesOf } from '../../../syntax/index.ts'
import { listedName } from '../names.ts'
import type { Rule } from '../rule.ts'
import type { Script } from '../script.ts'

/** A new value is used once it is committed. */
export const enumValuesAreCommittedFirst: Rule = {
  id: 'enum-values-are-committed-first',
  title: 'no file uses an enum’s value that it adds itself',
  looksFor:
    'a string equal to a value that `alter type … add value` adds earlier in the same file, unless the file makes the type, too',
  hint: 'Move what uses the value into the next migration.',
  concerns: 'moment',
  judge: ({ statements }) =>
    statements.flatMap((added) => {
      const alter = nodeAs(added.node, 'AlterEnumStmt')
      const value = alter?.newVal
      if (value === undefined) return []
      const type = listedName(alter?.typeName, added)
      const here = statements.filter(({ file }) => file === added.file)
      if (here.some((each) => makes(each, type))) return []
      return here
        .filter((each) => each.order > added.order && isUsed(each, value))
        .map((at) => ({
          at,
          objects: [`${type} '${value}'`],
          reason: `PostgreSQL refuses a value before the transaction that adds it (line ${added.line}) is committed.`,
        }))
    }),
}

function makes(at: Script['statements'][number], type: string): boolean {
  const created = nodeAs(at.node, 'CreateEnumStmt')
  return created !== undefined && listedName(created.typeName, at) === type
}

function isUsed({ node }: Script['statements'][number], value: string): boolean {
  if (nodeAs(node, 'AlterEnumStmt') || nodeAs(node, 'CommentStmt')) return false
  const isSql = nodesOf(node, 'DefElem').some(
    ({ defname, arg }) => defname === 'language' && arg && nodeAs(arg, 'String')?.sval === 'sql',
  )
  const quoted = `'${value.replaceAll("'", "''")}'`
  return (
    nodesOf(node, 'A_Const').some(({ sval }) => sval?.sval === value) ||
    (isSql && nodesOf(node, 'String').some(({ sval }) => sval?.includes(quoted)))
  )
}
