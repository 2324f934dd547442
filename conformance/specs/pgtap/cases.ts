/** Every call that both pgTAP and ours are tried with, a file a family. */
import type { Call } from './call.ts'
import { actions } from './cases/actions.ts'
import { columns } from './cases/columns.ts'
import { database } from './cases/database.ts'
import { functions } from './cases/functions.ts'
import { indexes } from './cases/indexes.ts'
import { inheritance } from './cases/inheritance.ts'
import { keys } from './cases/keys.ts'
import { namesakesOf } from './cases/namesakes.ts'
import { nulls } from './cases/nulls.ts'
import { operators } from './cases/operators.ts'
import { owners } from './cases/owners.ts'
import { privileges } from './cases/privileges.ts'
import { relations } from './cases/relations.ts'
import { roles } from './cases/roles.ts'
import { statements } from './cases/statements.ts'
import { types } from './cases/types.ts'
import { values } from './cases/values.ts'

export const cases: readonly Call[] = [
  ...actions,
  ...columns,
  ...database,
  ...functions,
  ...indexes,
  ...keys,
  ...inheritance,
  ...namesakesOf,
  ...nulls,
  ...operators,
  ...owners,
  ...privileges,
  ...relations,
  ...roles,
  ...statements,
  ...types,
  ...values,
]
