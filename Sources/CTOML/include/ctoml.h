// toml++ behind a C face: a buffer in, a flat list of everything in it out, each with its place.
//
// Rules: no exception leaves this room. The input is hostile until parsed: its size, the length of a
// line and the depth of nesting are bounded before and while it is parsed, since toml++ builds and
// destroys nested tables by recursion (a dotted key of half a megabyte would be half a million levels).
// What a document points to lives until ctoml_free.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /// Bytes of a document.
  CTOML_MAXIMUM_SIZE = 1 << 20,
  /// Bytes of a line; bounds the levels one dotted key can add.
  CTOML_MAXIMUM_LINE = 1024,
  /// Opening brackets and dots, wherever they are; bounds the tables a document can have.
  CTOML_MAXIMUM_MARKS = 16384,
  /// Levels of tables and arrays.
  CTOML_MAXIMUM_DEPTH = 16,
};

typedef enum ctoml_kind {
  CTOML_TABLE,
  CTOML_ARRAY,
  CTOML_STRING,
  CTOML_INTEGER,
  CTOML_FLOAT,
  CTOML_BOOLEAN,
  /// A date, a time or both.
  CTOML_DATE,
} ctoml_kind;

/// One node. Nodes are listed parents first; the children of a node are those after it that are one
/// level deeper, up to the next that is not deeper.
typedef struct ctoml_entry {
  ctoml_kind kind;
  /// 0 for the members of the document.
  uint32_t depth;
  /// Where the key stands, or the value for an element of an array; from 1.
  uint32_t line;
  uint32_t column;
  /// UTF-8, not terminated; empty for an element of an array.
  const char *key;
  size_t key_length;
  /// The value of a string, UTF-8, not terminated.
  const char *text;
  size_t text_length;
  int64_t integer;
  double real;
  /// 0 or 1.
  int boolean;
} ctoml_entry;

typedef struct ctoml_error {
  uint32_t line;
  uint32_t column;
  /// A sentence, terminated.
  char sentence[512];
} ctoml_error;

typedef struct ctoml_document ctoml_document;

/// Parses `size` bytes. NULL when they are no TOML or more than is allowed; then `error` says why.
ctoml_document *ctoml_parse(const char *bytes, size_t size, ctoml_error *error);

/// The nodes; valid until ctoml_free.
const ctoml_entry *ctoml_entries(const ctoml_document *document, size_t *count);

void ctoml_free(ctoml_document *document);

#ifdef __cplusplus
}
#endif
