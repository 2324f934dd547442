export type { Connection, Tls, Variables } from './connection.ts'
export {
  type Asked,
  connectionOfUrl,
  findConnection,
  ignoredSources,
  type Surroundings,
} from './find-connection.ts'
export { isLoopback } from './loopback.ts'
export { Redaction, redactionOf, shownArguments } from './redaction.ts'
