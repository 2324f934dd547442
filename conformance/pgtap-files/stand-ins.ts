import type { Session } from '../engines/index.ts'

/** What each extension that is not the real one does, by its name. */
export type StandIns = Readonly<Record<string, string>>

const said = /^extension "(.+)" is a stand-in here: (.+)$/

/** What a notice says of a stand-in that was just created. */
export function standInOf(message: string): StandIns {
  const [, name, note] = said.exec(message) ?? []
  return name === undefined || note === undefined ? {} : { [name]: note }
}

/** The stand-ins that a database has. */
export async function standInsIn(session: Session): Promise<StandIns> {
  const [known] = await session.query(
    `select to_regclass('pg_platform.extension_scripts') is not null as known`,
  )
  if (known?.['known'] !== 't') return {}
  const rows = await session.query(
    `select name, note from pg_platform.extension_scripts join pg_extension on extname = name where kind = 'stand-in'`,
  )
  return Object.fromEntries(rows.map(({ name, note }) => [name ?? '', note ?? '']))
}
