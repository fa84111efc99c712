-- Edited by hand: vectors is partitioned, and no name carries a schema, so that search_path decides.
CREATE TABLE "answers" (
	"principal" text NOT NULL,
	"id" text NOT NULL,
	"conversation_id" uuid NOT NULL,
	"body_hash" text NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"lease_owner" text NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"question" text NOT NULL,
	"language" text NOT NULL,
	"collections" jsonb NOT NULL,
	"generator" text NOT NULL,
	"text" text DEFAULT '' NOT NULL,
	"refused" boolean DEFAULT false NOT NULL,
	"cached" jsonb,
	"usage" jsonb,
	"timings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"warnings" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error_code" text,
	"error_message" text,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "answers_principal_id_pk" PRIMARY KEY("principal","id")
);
--> statement-breakpoint
CREATE TABLE "chunks" (
	"generation_id" integer NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "chunks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"document_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"start_offset" integer NOT NULL,
	"end_offset" integer NOT NULL,
	"text" text NOT NULL,
	"heading" text NOT NULL,
	"page" integer,
	"line" integer,
	"tokens" integer NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "chunks_generation_id_id_pk" PRIMARY KEY("generation_id","id"),
	CONSTRAINT "chunks_document_ordinal" UNIQUE("document_id","generation_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "citations" (
	"principal" text NOT NULL,
	"answer_id" text NOT NULL,
	"position" integer NOT NULL,
	"number" integer NOT NULL,
	"document_id" uuid NOT NULL,
	"uri" text NOT NULL,
	"title" text NOT NULL,
	"start_offset" integer NOT NULL,
	"end_offset" integer NOT NULL,
	"text" text NOT NULL,
	"heading" text,
	"page" integer,
	"line" integer,
	"score" double precision NOT NULL,
	CONSTRAINT "citations_principal_answer_id_position_pk" PRIMARY KEY("principal","answer_id","position")
);
--> statement-breakpoint
CREATE TABLE "collections" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"revision" bigint DEFAULT 0 NOT NULL,
	"active_generation" integer,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "collections_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"principal" text NOT NULL,
	"title" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "document_parts" (
	"document_id" uuid NOT NULL,
	"part" integer NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "document_parts_document_id_part_pk" PRIMARY KEY("document_id","part")
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"collection_id" uuid NOT NULL,
	"uri" text COLLATE "C" NOT NULL,
	"title" text NOT NULL,
	"media_type" text NOT NULL,
	"language" text NOT NULL,
	"bytes" bigint NOT NULL,
	"length" integer NOT NULL,
	"chunks" integer NOT NULL,
	"hash" text NOT NULL,
	"warnings" jsonb NOT NULL,
	"ingested_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "documents_collection_uri" UNIQUE("collection_id","uri")
);
--> statement-breakpoint
CREATE TABLE "generations" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "generations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"collection_id" uuid NOT NULL,
	"model" text NOT NULL,
	"dimensions" integer NOT NULL,
	"splitter" text NOT NULL,
	"state" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "messages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"conversation_id" uuid NOT NULL,
	"principal" text NOT NULL,
	"answer_id" text NOT NULL,
	"role" text NOT NULL,
	"text" text NOT NULL,
	"model" text,
	"embedding" vector,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_answer_role" UNIQUE("principal","answer_id","role")
);
--> statement-breakpoint
CREATE TABLE "vectors" (
	"generation_id" integer NOT NULL,
	"chunk_id" bigint NOT NULL,
	"embedding" vector NOT NULL,
	CONSTRAINT "vectors_generation_id_chunk_id_pk" PRIMARY KEY("generation_id","chunk_id")
) PARTITION BY LIST ("generation_id");
--> statement-breakpoint
ALTER TABLE "answers" ADD CONSTRAINT "answers_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_document_id_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "citations" ADD CONSTRAINT "citations_answer" FOREIGN KEY ("principal","answer_id") REFERENCES "answers"("principal","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collections" ADD CONSTRAINT "collections_active_generation_generations_id_fk" FOREIGN KEY ("active_generation") REFERENCES "generations"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "document_parts" ADD CONSTRAINT "document_parts_document_id_documents_id_fk" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "documents" ADD CONSTRAINT "documents_collection_id_collections_id_fk" FOREIGN KEY ("collection_id") REFERENCES "collections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "generations" ADD CONSTRAINT "generations_collection_id_collections_id_fk" FOREIGN KEY ("collection_id") REFERENCES "collections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_answer" FOREIGN KEY ("principal","answer_id") REFERENCES "answers"("principal","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vectors" ADD CONSTRAINT "vectors_chunk" FOREIGN KEY ("generation_id","chunk_id") REFERENCES "chunks"("generation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "answers_conversation" ON "answers" USING btree ("conversation_id","asked_at");--> statement-breakpoint
CREATE INDEX "answers_running" ON "answers" USING btree ("lease_until") WHERE "answers"."state" = 'running';--> statement-breakpoint
CREATE INDEX "chunks_hash" ON "chunks" USING btree ("generation_id","hash");--> statement-breakpoint
CREATE INDEX "conversations_principal" ON "conversations" USING btree ("principal","updated_at");--> statement-breakpoint
CREATE INDEX "documents_uri" ON "documents" USING btree ("uri");--> statement-breakpoint
CREATE INDEX "generations_collection" ON "generations" USING btree ("collection_id");--> statement-breakpoint
CREATE INDEX "messages_conversation" ON "messages" USING btree ("conversation_id");