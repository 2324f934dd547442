/** Every claim on a statement: a session, the statement, what is wanted of it, and last the description. */
export * from './notices.ts'
export * from './plans.ts'
export * from './refusals.ts'
export * from './results.ts'
export * from './sets.ts'
export * from './timings.ts'
