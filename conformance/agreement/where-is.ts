import type { Session } from '../engines/index.ts'
import type { Where } from './explanations.ts'

/** Where a session is. */
export async function whereIs(engine: string, session: Session): Promise<Where> {
  const [row] = await session.query(`select current_setting('server_version_num')::int / 10000 as major`)
  return { engine, major: Number(row?.['major']) }
}
