export { FUNCTIONS, RECORD_TABLES, VIEWS } from './inventory.ts'
export { verifyPhase1 } from './phase1.ts'
export { inReadOnlyTransaction } from './read-only.ts'
