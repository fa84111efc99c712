CREATE TABLE "job_shards" (
	"job_id" uuid NOT NULL,
	"shard" integer NOT NULL,
	"task" uuid,
	"epoch" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "job_shards_job_id_shard_pk" PRIMARY KEY("job_id","shard")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"kind" text NOT NULL,
	"principal" text NOT NULL,
	"collection_id" uuid NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"sealed" boolean NOT NULL,
	"input" jsonb NOT NULL,
	"documents" integer DEFAULT 0 NOT NULL,
	"indexed" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"replaced" integer DEFAULT 0 NOT NULL,
	"chunks" integer DEFAULT 0 NOT NULL,
	"embedded" integer DEFAULT 0 NOT NULL,
	"reused" integer DEFAULT 0 NOT NULL,
	"current" text,
	"waiting" text,
	"error_code" text,
	"error_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "staged_chunks" (
	"document_id" bigint NOT NULL,
	"ordinal" integer NOT NULL,
	"start_offset" integer NOT NULL,
	"end_offset" integer NOT NULL,
	"text" text NOT NULL,
	"heading" text NOT NULL,
	"page" integer,
	"line" integer,
	"tokens" integer NOT NULL,
	"hash" text NOT NULL,
	"context" text NOT NULL,
	CONSTRAINT "staged_chunks_document_id_ordinal_pk" PRIMARY KEY("document_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "staged_documents" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "staged_documents_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"job_id" uuid NOT NULL,
	"shard" integer NOT NULL,
	"collection_id" uuid NOT NULL,
	"state" text NOT NULL,
	"source_id" uuid,
	"uri" text COLLATE "C" NOT NULL,
	"title" text NOT NULL,
	"media_type" text NOT NULL,
	"language" text NOT NULL,
	"bytes" bigint NOT NULL,
	"length" integer NOT NULL,
	"hash" text NOT NULL,
	"warnings" jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"modified_at" timestamp with time zone,
	"chunks" integer NOT NULL,
	"document_id" uuid,
	"error_code" text,
	"error_message" text
);
--> statement-breakpoint
CREATE TABLE "staged_parts" (
	"document_id" bigint NOT NULL,
	"part" integer NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "staged_parts_document_id_part_pk" PRIMARY KEY("document_id","part")
);
--> statement-breakpoint
CREATE TABLE "staged_vectors" (
	"document_id" bigint NOT NULL,
	"ordinal" integer NOT NULL,
	"embedding" vector NOT NULL,
	"unknown" real,
	CONSTRAINT "staged_vectors_document_id_ordinal_pk" PRIMARY KEY("document_id","ordinal")
);
--> statement-breakpoint
ALTER TABLE "job_shards" ADD CONSTRAINT "job_shards_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_collection_id_collections_id_fk" FOREIGN KEY ("collection_id") REFERENCES "collections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staged_chunks" ADD CONSTRAINT "staged_chunks_document_id_staged_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "staged_documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staged_documents" ADD CONSTRAINT "staged_documents_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staged_documents" ADD CONSTRAINT "staged_documents_collection_id_collections_id_fk" FOREIGN KEY ("collection_id") REFERENCES "collections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staged_documents" ADD CONSTRAINT "staged_documents_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "sources"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staged_parts" ADD CONSTRAINT "staged_parts_document_id_staged_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "staged_documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staged_vectors" ADD CONSTRAINT "staged_vectors_document_id_staged_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "staged_documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "jobs_created" ON "jobs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "jobs_collection" ON "jobs" USING btree ("collection_id");--> statement-breakpoint
CREATE INDEX "staged_documents_job" ON "staged_documents" USING btree ("job_id","id");--> statement-breakpoint
CREATE INDEX "staged_documents_shard" ON "staged_documents" USING btree ("job_id","shard","id") WHERE "staged_documents"."state" = 'staged';--> statement-breakpoint
CREATE UNIQUE INDEX "staged_documents_uri" ON "staged_documents" USING btree ("collection_id","uri") WHERE "staged_documents"."state" = 'staged';