import type { Answer, Database, Session } from '../engines/index.ts'

const SAVEPOINT = 'psql_transaction_of_the_file'
const STATEMENT = 'psql_statement_of_the_file'
/** What a transaction's statements become inside another one. */
const instead: readonly (readonly [RegExp, string])[] = [
  [/^(begin|start\s+transaction)\b[\s\S]*$/i, `savepoint ${SAVEPOINT}`],
  [/^(commit|end)\b(?!\s+prepared)[\s\S]*$/i, `release savepoint ${SAVEPOINT}`],
  [/^(rollback|abort)\b(?!\s+(to|prepared)\b)[\s\S]*$/i, `rollback to savepoint ${SAVEPOINT}`],
]

/**
 * A database of somebody's own, in which nothing stays: each connection is one transaction that is rolled back. The file's own
 * transactions become savepoints in it.
 */
export function keptClean(connect: () => Promise<Session>): Database {
  return {
    connect: async () => {
      const session = await connect()
      await session.query('begin')
      return inTransaction(session)
    },
    close: async () => {},
  }
}

function inTransaction(session: Session): Session {
  let open = false
  const before = async (sql: string): Promise<string> => {
    const found = instead.find(([pattern]) => pattern.test(sql))
    if (!found) return sql
    const begins = found[1].startsWith('savepoint')
    // What ends no transaction, or begins one in another, does nothing but warn.
    if (begins === open) return 'select 1 where false'
    open = begins
    return found[1]
  }
  const answer: Session['answer'] = async (sql, values): Promise<Answer> => {
    const asked = await before(sql)
    if (asked !== sql) {
      await session.query(asked)
      return { columns: [], rows: [] }
    }
    if (open) return session.answer(sql, values)
    // In autocommit, a statement that is refused costs itself alone.
    await session.query(`savepoint ${STATEMENT}`)
    try {
      const given = await session.answer(sql, values)
      await session.query(`release savepoint ${STATEMENT}`)
      return given
    } catch (error) {
      await session.query(`rollback to savepoint ${STATEMENT}`)
      throw error
    }
  }
  return {
    ...session,
    answer,
    async close() {
      // Whatever was done ends with its connection; said all the same, so that no lock outlives the file.
      await session.query('rollback').catch(() => {})
      await session.close()
    },
  }
}
