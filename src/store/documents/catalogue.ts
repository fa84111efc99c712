/** Reads the documents as a whole. Every statement checks the rights, the collections and the filter. */
import { and, asc, desc, eq, gt, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import { chunks, chunkTerms, collections, documents, generations } from '../../../drizzle/schema.ts'
import type { Principal } from '../../domain/principal.ts'
import type { CatalogueRepository, CatalogueScope, ChunkQuery } from '../../ports/store/catalogue.ts'
import { packedBlocksSchema } from '../../ports/store/packed-blocks.ts'
import { ofAll } from '../../text/all-languages.ts'
import { LEXEMES_VERSION } from '../../text/lexemes.ts'
import { may } from '../accounts/rights.ts'
import type { Database } from '../database/database.ts'
import { documentCondition } from '../search/filter.ts'
import { holdsAll, holdsAny, isOfChunk } from '../search/nearest.ts'

const DOCUMENT = {
  id: documents.id,
  collection: collections.name,
  uri: documents.uri,
  title: documents.title,
  mediaType: documents.mediaType,
  length: documents.length,
  chunks: documents.chunks,
  metadata: documents.metadata,
  modifiedAt: documents.modifiedAt,
}

export function catalogueRepository(database: Database): CatalogueRepository {
  return {
    counts: (principal, scope) =>
      database.run(async (queries) => {
        const rows = await queries
          .select({
            collection: collections.name,
            documents: sql`count(*)`.mapWith(Number),
            chunks: sql`sum(${documents.chunks})`.mapWith(Number),
            first: sql<string>`min(${documents.uri})`,
            last: sql<string>`max(${documents.uri})`,
            isComplete: sql<boolean>`coalesce(bool_and(${generations.lexemes} = ${LEXEMES_VERSION}), false)`,
          })
          .from(documents)
          .innerJoin(collections, eq(collections.id, documents.collection))
          .leftJoin(generations, eq(generations.id, collections.activeGeneration))
          .where(within(principal, scope))
          .groupBy(collections.name)
          .orderBy(asc(collections.name))
        return rows.map(({ first, last, ...row }) => ({ ...row, root: commonFolder(first, last) }))
      }),

    folders: (principal, scope, counts, limit) =>
      database.run(async (queries) => {
        if (counts.length === 0) return []
        const roots = counts.map(
          ({ collection, root }) =>
            // PostgreSQL counts characters, not UTF-16 code units.
            sql`WHEN ${collection} THEN ${Array.from(root).length}::int`,
        )
        const rest = sql`substr(${documents.uri}, 1 + CASE ${collections.name} ${sql.join(roots, sql` `)} ELSE 0 END)`
        const placed = queries
          .select({
            collection: collections.name,
            uri: documents.uri,
            title: documents.title,
            folder:
              sql<string>`CASE WHEN strpos(${rest}, '/') = 0 THEN '' ELSE split_part(${rest}, '/', 1) END`.as(
                'folder',
              ),
          })
          .from(documents)
          .innerJoin(collections, eq(collections.id, documents.collection))
          .where(within(principal, scope))
          .as('placed')
        return queries
          .select({
            collection: placed.collection,
            folder: placed.folder,
            documents: sql`count(*)`.mapWith(Number),
            titles: sql<string[]>`(array_agg(${placed.title} ORDER BY ${placed.uri}))[1:${MAX_TITLES}::int]`,
          })
          .from(placed)
          .groupBy(placed.collection, placed.folder)
          .orderBy(desc(sql`count(*)`), asc(placed.collection), asc(placed.folder))
          .limit(limit)
      }),

    named: (principal, scope, terms, limit) =>
      database.run(async (queries) => {
        if (terms.length === 0) return []
        const wanted = sql`${sql.param([...terms])}::int[]`
        const held = sql`(SELECT count(*) FROM unnest(${chunkTerms.terms}) AS term WHERE term = ANY(${wanted}))`
        return queries
          .select(DOCUMENT)
          .from(chunks)
          .innerJoin(chunkTerms, isOfChunk)
          .innerJoin(collections, eq(collections.activeGeneration, chunks.generation))
          .innerJoin(documents, eq(documents.id, chunks.document))
          .where(and(eq(chunks.ordinal, 0), holdsAny(terms), within(principal, scope)))
          .orderBy(desc(held), asc(documents.uri), asc(documents.id))
          .limit(limit)
      }),

    described: (principal, scope, { from, before, limit }) =>
      database.run((queries) =>
        queries
          .select(DOCUMENT)
          .from(documents)
          .innerJoin(collections, eq(collections.id, documents.collection))
          .where(
            and(
              sql`${documents.metadata} <> '{}'::jsonb`,
              from === undefined ? undefined : gte(documents.modifiedAt, from),
              before === undefined ? undefined : lt(documents.modifiedAt, before),
              within(principal, scope),
            ),
          )
          .orderBy(asc(documents.uri), asc(documents.id))
          .limit(limit),
      ),

    chunks: (principal, scope, query) =>
      database.run(async (queries) => {
        const { ordinal, start, end, text, heading, page, line, blocks } = chunks
        const columns = { ordinal, start, end, text, heading, page, line, blocks, document: DOCUMENT }
        const from = queries.select(columns).from(chunks).$dynamic()
        const { terms } = query
        const rows = await (terms === undefined ? from : from.innerJoin(chunkTerms, isOfChunk))
          .innerJoin(collections, eq(collections.activeGeneration, chunks.generation))
          .innerJoin(documents, eq(documents.id, chunks.document))
          .where(and(asked(query), within(principal, scope)))
          .orderBy(asc(documents.uri), asc(documents.id), asc(chunks.ordinal))
          .limit(query.limit)
        return rows.map(({ page, line, blocks, ...row }) => ({
          ...row,
          page: page ?? undefined,
          line: line ?? undefined,
          blocks: packedBlocksSchema.nullable().parse(blocks),
        }))
      }),
  }
}

const LETTER_VARIANTS = ofAll(({ letterVariants }) => letterVariants)
const VARIANTS = {
  from: LETTER_VARIANTS.map(([letter]) => letter).join(''),
  to: LETTER_VARIANTS.map(([, plain]) => plain).join(''),
}

/** Titles of a folder that are told. */
const MAX_TITLES = 8

const within = (principal: Principal, { collections: searched, filter }: CatalogueScope): SQL | undefined =>
  and(
    may(principal, 'reader'),
    inArray(
      collections.id,
      searched.map(({ id }) => id),
    ),
    documentCondition(filter),
  )

function asked({ document, terms, holding, after }: ChunkQuery): SQL | undefined {
  return and(
    document === undefined ? undefined : eq(chunks.document, document),
    terms === undefined ? undefined : holdsAll(terms),
    holding === undefined
      ? undefined
      : sql`strpos(translate(lower(${chunks.text}), ${VARIANTS.from}, ${VARIANTS.to}), ${holding}) > 0`,
    after === undefined
      ? undefined
      : or(
          gt(documents.uri, after.document.uri),
          and(
            eq(documents.uri, after.document.uri),
            or(
              gt(documents.id, after.document.id),
              and(eq(documents.id, after.document.id), gt(chunks.ordinal, after.ordinal)),
            ),
          ),
        ),
  )
}

/** Uris are ordered by their characters, so what the first and the last share, all share. */
function commonFolder(first: string, last: string): string {
  let end = 0
  while (end < Math.min(first.length, last.length) && first[end] === last[end]) end += 1
  return first.slice(0, first.lastIndexOf('/', end === first.length ? end : end - 1) + 1)
}
