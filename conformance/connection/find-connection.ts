/**
 * Which database is meant. A database is verified when somebody says so: by an option, or by `DATABASE_URL`. Whatever else
 * lies about (variables of libpq, `.env` files, a linked project) is looked at with `existing` only, so that a variable that
 * happens to be set surprises nobody.
 */
import { userInfo } from 'node:os'
import { authoritiesIn, usualAuthorities } from './authorities.ts'
import type { Connection, Target, Variables } from './connection.ts'
import { given, parseDatabaseUrl } from './database-url.ts'
import { type EnvFiles, namedEnvFile, usualEnvFiles } from './env-files.ts'
import { isLinked, linkedProject } from './linked-project.ts'
import { passwordFromFile } from './password-file.ts'
import { tlsOf } from './tls-rule.ts'
import { fromVariables } from './variables.ts'

const DEFAULT_PORT = 5432

/** What was asked for on the command line. */
export interface Asked {
  readonly dbUrl?: string
  readonly linked?: boolean
  readonly envFile?: string
  readonly existing?: boolean
  readonly ca?: string
  readonly insecureTls?: boolean
  readonly plaintext?: boolean
}

/** Where a process finds itself. */
export interface Surroundings {
  readonly variables: Variables
  /** The folder of `.env` files and of `supabase/.temp`. */
  readonly folder: string
}

/**
 * The existing database that is meant, or `undefined` when none is. The first of these that is there, and none besides it:
 *
 * 1. `dbUrl`;
 * 2. `linked`: the project that the Supabase CLI has linked;
 * 3. `envFile`: what that file names;
 * 4. `DATABASE_URL` of the environment;
 * 5. with `existing`: `PGHOST` and its like of the environment; `.env.local` and `.env`; the linked project.
 *
 * A password that the source does not hold is taken from `PGPASSWORD` of the environment, then from libpq's password file.
 * Throws an error of one sentence, without any secret, when what is asked for cannot be had.
 */
export async function findConnection(asked: Asked, around: Surroundings): Promise<Connection | undefined> {
  const target = findTarget(asked, around)
  return target && completed(target, asked, around.variables)
}

/** The connection that a URL describes, by the same rules; `source` says in words where the URL stood. */
export async function connectionOfUrl(
  url: string,
  source: string,
  { variables, ...asked }: Pick<Asked, 'plaintext'> & Pick<Surroundings, 'variables'>,
): Promise<Connection> {
  return completed(parseDatabaseUrl(url, source), asked, variables)
}

/** What names a database around here and was not looked at, in words: for whoever expected it to be. */
export function ignoredSources({ variables, folder }: Surroundings): string[] {
  return [
    ...(variables['PGHOST'] ? ['PGHOST'] : []),
    ...namedInFiles(folder),
    ...(isLinked(folder) ? ['the linked project'] : []),
  ]
}

/** Whoever did not ask for the files is not stopped by one that cannot be read. */
function namedInFiles(folder: string): string[] {
  try {
    const { variables, place } = usualEnvFiles(folder)
    return variables['DATABASE_URL'] || variables['PGHOST'] ? [`what stands ${place}`] : []
  } catch {
    return ['an .env file that cannot be read']
  }
}

function findTarget(asked: Asked, { variables, folder }: Surroundings): Target | undefined {
  const { DATABASE_URL: url } = variables
  if (asked.dbUrl !== undefined) return parseDatabaseUrl(asked.dbUrl, '--db-url')
  const files = asked.envFile === undefined ? undefined : namedEnvFile(asked.envFile)
  if (asked.linked) return linked(folder, variables, files ?? usualEnvFiles(folder))
  if (files) return fromFiles(files) ?? nothingIn(files)
  if (url) return parseDatabaseUrl(url, 'DATABASE_URL')
  // A secret that a pipeline has lost: a new database in its place would pass for it.
  if (url === '')
    throw new Error(
      'DATABASE_URL is set and empty: set it to the URL of the database, or unset it where none is meant.',
    )
  if (!asked.existing) return undefined
  return (
    fromVariables(variables, 'of the environment') ??
    fromFiles(usualEnvFiles(folder)) ??
    (isLinked(folder) ? linked(folder, variables, usualEnvFiles(folder)) : nothingAnywhere())
  )
}

function fromFiles({ variables, place }: EnvFiles): Target | undefined {
  return fromVariables(variables, place)
}

function linked(folder: string, variables: Variables, files: EnvFiles): Target {
  return linkedProject(folder, variables['SUPABASE_DB_PASSWORD'] || files.variables['SUPABASE_DB_PASSWORD'])
}

function nothingIn({ place }: EnvFiles): never {
  throw new Error(`Nothing ${place} names a database: expected DATABASE_URL, or PGHOST and its like.`)
}

function nothingAnywhere(): never {
  throw new Error(
    'There is no database for --existing: neither DATABASE_URL nor PGHOST is set, here or in .env.local or .env, and no Supabase project is linked.',
  )
}

/** Fills in what the target leaves open, as libpq does, and settles how the connection is protected. */
async function completed(target: Target, asked: Asked, variables: Variables): Promise<Connection> {
  const { host, source, port = DEFAULT_PORT, user = userInfo().username, database = user } = target
  const password =
    target.password ||
    variables['PGPASSWORD'] ||
    (await passwordFromFile({ host, port, user, database })) ||
    undefined
  return {
    host,
    port,
    user,
    database,
    source,
    ...given('password', password),
    ...given('options', target.options),
    tls: tlsOf(target, protection(target, asked, variables), usualAuthorities(host)),
  }
}

function protection(target: Target, { ca, insecureTls, plaintext }: Asked, variables: Variables) {
  const [file, option] = [
    [ca, '--ca'] as const,
    [target.sslrootcert, `sslrootcert of ${target.source}`] as const,
    [variables['PGSSLROOTCERT'], 'PGSSLROOTCERT'] as const,
  ].find(([path]) => path) ?? [undefined, '']
  return {
    ...(file ? { authorities: authoritiesIn(file, option) } : {}),
    ...given('insecureTls', insecureTls),
    ...given('plaintext', plaintext),
  }
}
