export { commitOf, GitRefused, git, leftMainAt } from './git.ts'
