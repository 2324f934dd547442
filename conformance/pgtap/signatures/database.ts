/** Schemas, tablespaces, extensions and languages: what a database has before it has tables. */
import type { OnThing } from '../existence.ts'
import * as extensions from '../extensions.ts'
import * as languages from '../languages.ts'
import type { PlainListing } from '../listing.ts'
import * as schemas from '../schemas.ts'
import * as tablespaces from '../tablespaces.ts'
import { type Overload, overloads } from './overloads.ts'
import { thing, things } from './relations.ts'

/** A thing that has no schema. */
export const plainThing = (claim: OnThing): Overload[] =>
  overloads('thing:name [description:text]', (session, { thing, description }) =>
    claim(session, thing, description),
  )

/** All things of a kind that have no schema. */
export const plainThings = (claim: PlainListing): Overload[] =>
  overloads('names:name[] [description:text]', (session, { names, description }) =>
    claim(session, names, description),
  )

export const database = {
  has_schema: plainThing(schemas.hasSchema),
  hasnt_schema: plainThing(schemas.hasntSchema),
  schemas_are: plainThings(schemas.schemasAre),
  has_tablespace: [
    ...overloads('tablespace:name location:text description:text', (session, a) =>
      tablespaces.hasTablespace(session, a.tablespace, { location: a.location }, a.description),
    ),
    ...plainThing(tablespaces.hasTablespace),
  ],
  hasnt_tablespace: plainThing(tablespaces.hasntTablespace),
  tablespaces_are: plainThings(tablespaces.tablespacesAre),
  has_extension: thing(extensions.hasExtension),
  hasnt_extension: thing(extensions.hasntExtension),
  extensions_are: things(extensions.extensionsAre),
  has_language: plainThing(languages.hasLanguage),
  hasnt_language: plainThing(languages.hasntLanguage),
  language_is_trusted: plainThing(languages.languageIsTrusted),
  languages_are: plainThings(languages.languagesAre),
}
