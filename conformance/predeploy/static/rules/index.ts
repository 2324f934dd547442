/** All rules on the syntax tree. */
import type { Rule } from '../rule.ts'
import { definerFunctionsQuoteWhatTheyRun, definerFunctionsThatWrite } from './definer-bodies.ts'
import { definerFunctionsArePinned, definerFunctionsAreRevoked } from './definer-functions.ts'
import { nothingIsDestroyed } from './destruction.ts'
import { enumValuesAreCommittedFirst } from './enums.ts'
import {
  defaultPrivilegesStayClosed,
  grantsAreExplicit,
  grantsToAnonAreNamed,
  nothingIsGrantedToPublic,
  rolesStayBounded,
} from './grants.ts'
import { locksHaveATimeout } from './locks.ts'
import { policiesAreNotWidened, policiesHaveACondition, policiesNameTheirRoles } from './policies.ts'
import { pricesKeepTheirHistory } from './prices.ts'
import { foreignKeysAreIndexed, tablesHaveRowLevelSecurity, truncateIsNotLeft } from './tables.ts'
import { materializedViewsAreClosed, viewsAreInvoker } from './views.ts'

/** In the order in which they are reported. */
export const RULES: readonly Rule[] = [
  tablesHaveRowLevelSecurity,
  policiesNameTheirRoles,
  policiesHaveACondition,
  policiesAreNotWidened,
  viewsAreInvoker,
  materializedViewsAreClosed,
  definerFunctionsArePinned,
  definerFunctionsAreRevoked,
  definerFunctionsQuoteWhatTheyRun,
  definerFunctionsThatWrite,
  grantsAreExplicit,
  nothingIsGrantedToPublic,
  grantsToAnonAreNamed,
  truncateIsNotLeft,
  defaultPrivilegesStayClosed,
  rolesStayBounded,
  foreignKeysAreIndexed,
  nothingIsDestroyed,
  enumValuesAreCommittedFirst,
  locksHaveATimeout,
  pricesKeepTheirHistory,
]
