ALTER TABLE "chunks" ADD COLUMN "blocks" jsonb;--> statement-breakpoint
ALTER TABLE "staged_chunks" ADD COLUMN "blocks" jsonb;--> statement-breakpoint
CREATE INDEX "chunks_without_blocks" ON "chunks" USING btree ("generation_id","document_id") WHERE "chunks"."ordinal" = 0 AND "chunks"."blocks" IS NULL;