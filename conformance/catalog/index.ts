export {
  type Difference,
  differences,
  differencesOf,
  fingerprintText,
} from './fingerprint/differences.ts'
export {
  type Fact,
  type Fingerprint,
  fingerprint,
  fingerprintOf,
  priceFacts,
  schemaFacts,
} from './fingerprint/fingerprint.ts'
export {
  type DatedFact,
  factsAt,
  HISTORY_FILE,
  history,
  historyText,
  parseHistory,
  recordHistory,
} from './fingerprint/history.ts'
export { privilegesOf } from './privileges.ts'
export { schemaText } from './schema/schema-text.ts'
