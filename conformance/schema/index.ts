export { schemaText } from './schema-text.ts'
