import { pgliteDatabase } from '../support/database.ts'
import { storeSuite } from './store.suite.ts'

storeSuite('store on PGlite', pgliteDatabase)
