export { GitRefused, git, leftMainAt } from './git.ts'
