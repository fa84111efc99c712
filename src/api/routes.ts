/**
 * The HTTP API: one entry per route, one file of routes/ per subject. The source of the daemon's handlers, the
 * CLI's client and the OpenAPI document. Everything but the health probes is under /api/v1.
 */
import type { z } from 'zod'
import { accountRoutes } from './routes/accounts.ts'
import { askRoutes } from './routes/asks.ts'
import { backupRoutes } from './routes/backup.ts'
import { cacheRoutes } from './routes/cache.ts'
import { collectionRoutes } from './routes/collections.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { daemonRoutes } from './routes/daemon.ts'
import { documentRoutes } from './routes/documents.ts'
import { engineRoutes } from './routes/engines.ts'
import { indexRoutes } from './routes/indexes.ts'
import { jobRoutes } from './routes/jobs.ts'
import type { Route } from './routes/route.ts'
import { searchRoutes } from './routes/search.ts'
import { sourceRoutes } from './routes/sources.ts'

export const API_PREFIX = '/api/v1'
/** Client and daemon send their version in this header. */
export const VERSION_HEADER = 'x-chatbot-version'

export const routes = {
  ...daemonRoutes,
  ...collectionRoutes,
  ...cacheRoutes,
  ...documentRoutes,
  ...jobRoutes,
  ...sourceRoutes,
  ...conversationRoutes,
  ...indexRoutes,
  ...askRoutes,
  ...searchRoutes,
  ...engineRoutes,
  ...backupRoutes,
  ...accountRoutes,
} as const satisfies Record<string, Route>

export type Routes = typeof routes
export type RouteName = keyof Routes

/** Routes that need no token. */
export type OpenRouteName = { [N in RouteName]: Routes[N] extends { open: true } ? N : never }[RouteName]
export type GuardedRouteName = Exclude<RouteName, OpenRouteName>

/** Routes that always respond with server-sent events. */
export type EventRouteName = { [N in RouteName]: Routes[N] extends { events: 'only' } ? N : never }[RouteName]

export const ROUTE_NAMES = Object.keys(routes).filter((name): name is RouteName => name in routes)

export function isOpenRoute(name: RouteName): name is OpenRouteName {
  const route: Route = routes[name]
  return route.open === true
}

/** A part of a request; optional if none of its fields is required. */
type Part<K extends string, T extends z.ZodType> =
  Record<string, never> extends z.input<T>
    ? { readonly [key in K]?: z.input<T> }
    : undefined extends z.input<T>
      ? { readonly [key in K]?: undefined }
      : { readonly [key in K]: z.input<T> }

/** A client's input for a route. */
export type RouteRequest<N extends RouteName> = Part<'params', Routes[N]['params']> &
  Part<'query', Routes[N]['query']> &
  Part<'body', Routes[N]['body']>

export type RouteResponse<N extends RouteName> = z.output<Routes[N]['response']>
