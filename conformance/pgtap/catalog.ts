/** Every claim on values and on the catalog: a session, what is claimed, and last the description. */
export * from './columns.ts'
export * from './function-kinds.ts'
export * from './functions.ts'
export * from './keys.ts'
export * from './privileges.ts'
export * from './relations.ts'
export * from './values.ts'
