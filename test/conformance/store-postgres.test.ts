import { postgresDatabase } from '../support/database.ts'
import { describePostgres } from '../support/postgres.ts'
import { storeSuite } from './store.suite.ts'

describePostgres('store', () => storeSuite('on PostgreSQL', postgresDatabase))
