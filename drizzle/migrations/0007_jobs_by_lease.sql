ALTER TABLE "job_shards" ADD COLUMN "due" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "staged_chunks" ADD COLUMN "terms" integer[] NOT NULL;--> statement-breakpoint
ALTER TABLE "staged_chunks" ADD COLUMN "weights" sparsevec(1000000000) NOT NULL;--> statement-breakpoint
CREATE INDEX "job_shards_due" ON "job_shards" USING btree ("due") WHERE "job_shards"."due" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "job_shards" DROP COLUMN "task";