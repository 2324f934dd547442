export type { Rule } from './rule.ts'
export { RULES } from './rules/index.ts'
export { ASKED, NOT_ASKED } from './squawk-rules.ts'
export { STATIC_CLAIMS, staticStep } from './step.ts'
