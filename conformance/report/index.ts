export type { Finding } from './finding.ts'
export { phase1Block } from './phase1-block.ts'
