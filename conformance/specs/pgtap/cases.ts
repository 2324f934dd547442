/** Every call that both pgTAP and ours are tried with, a file a family. */
import type { Call } from './call.ts'
import { database } from './cases/database.ts'
import { functions } from './cases/functions.ts'
import { operators } from './cases/operators.ts'
import { privileges } from './cases/privileges.ts'
import { relations } from './cases/relations.ts'
import { roles } from './cases/roles.ts'
import { statements } from './cases/statements.ts'
import { types } from './cases/types.ts'
import { values } from './cases/values.ts'

export const cases: readonly Call[] = [
  ...database,
  ...functions,
  ...operators,
  ...privileges,
  ...relations,
  ...roles,
  ...statements,
  ...types,
  ...values,
]
