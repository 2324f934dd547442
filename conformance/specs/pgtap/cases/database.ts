import { asked, type Call, call, name, names, text } from '../call.ts'

/** What has no schema: one that is there and one that is not, asked for both ways, with a description and without. */
export const plainly = (kind: string, there: string, missing: string): Call[] =>
  [`has_${kind}`, `hasnt_${kind}`].flatMap((claim) =>
    [there, missing, 'Not There'].flatMap((thing) => [
      call(claim, name(thing)),
      call(claim, name(thing), text('a description')),
    ]),
  )

/** All of a kind that has no schema: too few, too many, and just those there are, which `query` gives as `value`. */
export const allPlainly = (claim: string, some: string, query: string): Call[] => [
  call(claim, asked('name[]', query)),
  call(claim, asked('name[]', query), text('a description')),
  call(claim, names(some, 'Not There', 'missing')),
  call(claim, names(some, some), text('a description')),
]

const has = (claim: string) => [
  call(claim, name('extensions'), name('uuid-ossp')),
  call(claim, name('extensions'), name('uuid-ossp'), text('a description')),
  call(claim, name('uuid-ossp')),
  call(claim, name('uuid-ossp'), text('a description')),
  call(claim, name('public'), name('pgcrypto')),
  call(claim, name('public'), name('pgcrypto'), text('a description')),
  call(claim, name('Nowhere'), name('pgcrypto')),
  call(claim, name('Not There')),
  call(claim, name('not_there'), text('a description')),
]

export const database: readonly Call[] = [
  ...plainly('schema', 'Odd Zoo', 'nowhere'),
  ...plainly('schema', 'zoo', 'Zoo'),
  ...allPlainly(
    'schemas_are',
    'Odd Zoo',
    `select nspname as value from pg_namespace where nspname <> 'information_schema' and nspname not like 'pg\\_%'`,
  ),
  ...plainly('tablespace', 'pg_default', 'fast_disk'),
  call('has_tablespace', name('pg_default'), text(''), text('a description')),
  call('has_tablespace', name('pg_default'), text('/elsewhere'), text('a description')),
  call('has_tablespace', name('fast_disk'), text(''), text('a description')),
  ...allPlainly('tablespaces_are', 'pg_default', 'select spcname as value from pg_tablespace'),
  ...has('has_extension'),
  ...has('hasnt_extension'),
  ...allPlainly('extensions_are', 'uuid-ossp', 'select extname as value from pg_extension'),
  call('extensions_are', name('pg_catalog'), names('plpgsql')),
  call('extensions_are', name('pg_catalog'), names('plpgsql'), text('a description')),
  call('extensions_are', name('pg_catalog'), names('pgcrypto')),
  call('extensions_are', name('Odd Zoo'), names('Not There', 'absent'), text('a description')),
  ...plainly('language', 'zoo_language', 'plcobol'),
  ...plainly('language', 'sql', 'SQL'),
  ...['plpgsql', 'internal', 'Not There'].flatMap((language) => [
    call('language_is_trusted', name(language)),
    call('language_is_trusted', name(language), text('a description')),
  ]),
  ...allPlainly('languages_are', 'zoo_language', 'select lanname as value from pg_language where lanispl'),
]
