/** Every call that both pgTAP and ours are tried with, a file a family. */
import type { Call } from './call.ts'
import { functions } from './cases/functions.ts'
import { privileges } from './cases/privileges.ts'
import { relations } from './cases/relations.ts'
import { statements } from './cases/statements.ts'
import { values } from './cases/values.ts'

export const cases: readonly Call[] = [...functions, ...privileges, ...relations, ...statements, ...values]
