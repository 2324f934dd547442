export type { Node } from 'libpg-query'
export { type Call, type Parsed, parsedStatement } from './parsed-statement.ts'
export { type Statement, SyntaxRefused, statementsOf } from './statements.ts'
export { type Kind, type NodeOf, nodeAs, nodesOf, walk } from './walk.ts'
