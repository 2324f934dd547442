export { examplesSpec, specFile } from './examples.ts'
