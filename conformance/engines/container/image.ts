/** The image that is started when nothing else is said: what Supabase runs. */
const DEFAULT_IMAGE = 'postgres:17-alpine'

/** What has to be known of an image to start it. */
export interface Image {
  readonly name: string
  /** What it is started with, before the settings. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Where its data is put into memory. */
  readonly memory: string
}

/**
 * The image of the engine `container`, named by `CONFORMANCE_IMAGE`: the official `postgres` or one made like it, or
 * `supabase/postgres`; of any version from 15 on.
 */
export function containerImage(name = process.env['CONFORMANCE_IMAGE'] || DEFAULT_IMAGE): Image {
  return isSupabase(name)
    ? {
        name,
        // Its settings, which load what its own migrations need, are no part of the data and name the folder of it.
        command: ['postgres', '-D', '/etc/postgresql'],
        environment: {},
        memory: '/var/lib/postgresql/data',
      }
    : {
        name,
        command: ['postgres'],
        // A folder of our own: from version 18 on, the image's is another than before. Text is sorted byte by byte in all.
        environment: {
          PGDATA: '/conformance/data',
          POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale=C.UTF-8',
        },
        memory: '/conformance',
      }
}

function isSupabase(name: string): boolean {
  return /(^|\/)supabase\/postgres(?=$|[:@])/.test(name)
}
