export { atExit } from './at-exit.ts'
export { removeFolder, temporaryFolder } from './folder.ts'
