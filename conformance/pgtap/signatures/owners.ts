import { qualified } from '../name.ts'
import * as claims from '../owners.ts'
import { type Overload, overloads } from './overloads.ts'

const owner = (claim: claims.OnOwner): Overload[] =>
  overloads('[schema:name] thing:name owner:name [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.thing), a.owner, a.description),
  )

const plainOwner = (claim: claims.OnOwner): Overload[] =>
  overloads('thing:name owner:name [description:text]', (session, { thing, owner, description }) =>
    claim(session, thing, owner, description),
  )

export const owners = {
  db_owner_is: plainOwner(claims.dbOwnerIs),
  schema_owner_is: plainOwner(claims.schemaOwnerIs),
  tablespace_owner_is: plainOwner(claims.tablespaceOwnerIs),
  language_owner_is: plainOwner(claims.languageOwnerIs),
  relation_owner_is: owner(claims.relationOwnerIs),
  table_owner_is: owner(claims.tableOwnerIs),
  view_owner_is: owner(claims.viewOwnerIs),
  materialized_view_owner_is: owner(claims.materializedViewOwnerIs),
  sequence_owner_is: owner(claims.sequenceOwnerIs),
  composite_owner_is: owner(claims.compositeOwnerIs),
  foreign_table_owner_is: owner(claims.foreignTableOwnerIs),
  type_owner_is: owner(claims.typeOwnerIs),
  opclass_owner_is: owner(claims.opclassOwnerIs),
  index_owner_is: overloads(
    '[schema:name] table:name index:name owner:name [description:text]',
    (session, a) =>
      claims.indexOwnerIs(session, qualified(a.schema, a.table), a.index, a.owner, a.description),
  ),
  function_owner_is: overloads(
    '[schema:name] fn:name types:name[] owner:name [description:text]',
    (session, { schema, fn, types, owner, description }) =>
      claims.functionOwnerIs(session, qualified(schema, fn), types, owner, description),
  ),
}
