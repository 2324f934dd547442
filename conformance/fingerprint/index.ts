export { type Difference, differences, differencesOf, fingerprintText } from './differences.ts'
export {
  type Fact,
  type Fingerprint,
  fingerprint,
  fingerprintOf,
  priceFacts,
  schemaFacts,
} from './fingerprint.ts'
export {
  type DatedFact,
  factsAt,
  HISTORY_FILE,
  history,
  historyText,
  parseHistory,
  recordHistory,
} from './history.ts'
