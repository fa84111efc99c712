CREATE TABLE "chunk_terms" (
	"generation_id" integer NOT NULL,
	"chunk_id" bigint NOT NULL,
	"terms" integer[] NOT NULL,
	"weights" sparsevec(1000000000) NOT NULL,
	CONSTRAINT "chunk_terms_generation_id_chunk_id_pk" PRIMARY KEY("generation_id","chunk_id")
) PARTITION BY LIST ("generation_id");
--> statement-breakpoint
ALTER TABLE "chunk_terms" ALTER COLUMN "terms" SET STORAGE PLAIN, ALTER COLUMN "weights" SET STORAGE PLAIN;
--> statement-breakpoint
CREATE TABLE "term_counts" (
	"generation_id" integer NOT NULL,
	"term" integer NOT NULL,
	"chunks" integer NOT NULL,
	CONSTRAINT "term_counts_generation_id_term_pk" PRIMARY KEY("generation_id","term")
);
--> statement-breakpoint
ALTER TABLE "generations" ADD COLUMN "lexemes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "generations" ADD COLUMN "counted_revision" bigint;--> statement-breakpoint
ALTER TABLE "generations" ADD COLUMN "counted_chunks" integer;--> statement-breakpoint
ALTER TABLE "chunk_terms" ADD CONSTRAINT "chunk_terms_chunk" FOREIGN KEY ("generation_id","chunk_id") REFERENCES "chunks"("generation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "term_counts" ADD CONSTRAINT "term_counts_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "chunk_terms_terms" ON "chunk_terms" USING gin ("terms") WITH (fastupdate=false);
--> statement-breakpoint
DO $$
DECLARE g integer;
BEGIN
	FOR g IN SELECT "id" FROM "generations" LOOP
		EXECUTE format('CREATE TABLE chunk_terms_g%s PARTITION OF "chunk_terms" FOR VALUES IN (%s)', g, g);
	END LOOP;
END $$;
