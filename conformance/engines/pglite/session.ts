import type { PGlite } from '@electric-sql/pglite'
import type { Answer, ErrorFields, Notice, Row, Session } from '../engine.ts'
import { SqlError } from '../engine.ts'
import { splitStatements } from '../statements.ts'
import { asText } from '../value.ts'

/**
 * The one connection of a PGlite, seen as a {@link Session}. Closing it does nothing: the database stays open for the
 * next.
 */
export function pgliteSession(db: PGlite): Session {
  const listeners = new Set<(notice: Notice) => void>()
  const options = {
    // Text in, text out: what the server prints is what is compared.
    parsers: Object.fromEntries(Object.keys(db.parsers).map((oid) => [oid, (text: string) => text])),
    serializers: Object.fromEntries(Object.keys(db.serializers).map((oid) => [oid, (text: string) => text])),
    onNotice: ({ severity, message, detail, hint }: Partial<Record<keyof Notice, string | undefined>>) => {
      for (const listener of listeners)
        listener({ severity: severity ?? '', message: message ?? '', detail, hint })
    },
  }

  async function ask<Shape>(text: string, values: readonly unknown[], rowMode: 'object' | 'array') {
    try {
      return await db.query<Shape>(text, values.map(asText), { ...options, rowMode })
    } catch (error) {
      throw asSqlError(error)
    }
  }

  const query: Session['query'] = async (text, values = []) => (await ask<Row>(text, values, 'object')).rows
  return {
    query,
    lookUp: query,
    async answer(text, values = []): Promise<Answer> {
      const { fields, rows } = await ask<(string | null)[]>(text, values, 'array')
      return { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows }
    },
    async run(script) {
      // The simple protocol: a script has no values, and a round trip here costs a millisecond.
      for (const statement of splitStatements(script)) {
        await db.exec(statement, options).catch((error: unknown) => {
          throw asSqlError(error)
        })
      }
    },
    onNotice(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {},
  }
}

/** PGlite's error with the fields of the protocol; anything else (a fault of PGlite itself) is passed on as it is. */
function asSqlError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  return new SqlError(error.message, error.code, error as ErrorFields)
}
