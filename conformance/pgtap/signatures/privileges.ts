import type { Session } from '../../engines/index.ts'
import { qualified } from '../name.ts'
import * as claims from '../privileges.ts'
import type { Verdict } from '../verdict.ts'
import { type Overload, overloads } from './overloads.ts'

/** pgTAP takes any word for a privilege; one that is none is missing in every role. */
type Claim = (
  session: Session,
  name: string,
  role: string,
  privileges: never[],
  description?: string,
) => Promise<Verdict>

const words = (privileges: readonly string[]) => privileges as never[]

const onRelation = (claim: Claim): Overload[] =>
  overloads('[schema:name] relation:name role:name privileges:name[] [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.relation), a.role, words(a.privileges), a.description),
  )

const onNamed = (claim: Claim): Overload[] =>
  overloads('thing:name role:name privileges:name[] [description:text]', (session, a) =>
    claim(session, a.thing, a.role, words(a.privileges), a.description),
  )

export const privileges = {
  table_privs_are: onRelation(claims.tablePrivsAre),
  sequence_privs_are: onRelation(claims.sequencePrivsAre),
  any_column_privs_are: onRelation(claims.anyColumnPrivsAre),
  column_privs_are: overloads(
    '[schema:name] table:name column:name role:name privileges:name[] [description:text]',
    (session, a) =>
      claims.columnPrivsAre(
        session,
        qualified(a.schema, a.table),
        a.column,
        a.role,
        words(a.privileges),
        a.description,
      ),
  ),
  database_privs_are: onNamed(claims.databasePrivsAre),
  schema_privs_are: onNamed(claims.schemaPrivsAre),
  tablespace_privs_are: onNamed(claims.tablespacePrivsAre),
  language_privs_are: onNamed(claims.languagePrivsAre),
  fdw_privs_are: onNamed(claims.fdwPrivsAre),
  server_privs_are: onNamed(claims.serverPrivsAre),
  function_privs_are: overloads(
    '[schema:name] fn:name types:name[] role:name privileges:name[] [description:text]',
    (session, a) =>
      claims.functionPrivsAre(
        session,
        qualified(a.schema, a.fn),
        a.types,
        a.role,
        words(a.privileges),
        a.description,
      ),
  ),
}
