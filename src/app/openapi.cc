#include "app/openapi.h"

namespace segmentd::app {

std::string_view OpenApiJson() {
  return R"json({
  "openapi": "3.1.0",
  "info": {"title": "segmentd", "version": "1", "description": "Live customer segments: operations"},
  "components": {
    "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    "responses": {
      "Problem": {"description": "What is wrong, as RFC 9457 has it",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    },
    "schemas": {
      "Problem": {"type": "object", "required": ["type", "title", "status", "detail"], "properties": {
        "type": {"type": "string"}, "title": {"type": "string"},
        "status": {"type": "integer"}, "detail": {"type": "string"}}},
      "Ready": {"type": "object", "required": ["ready", "reasons", "phase", "model"], "properties": {
        "ready": {"type": "boolean"},
        "reasons": {"type": "array", "items": {"type": "string"}, "description": "why it is not"},
        "phase": {"$ref": "#/components/schemas/Phase"},
        "model": {"type": ["string", "null"], "description": "the version that scores"}}},
      "Phase": {"enum": ["starting", "restoring", "catching_up", "running", "draining"]},
      "Status": {"type": "object", "required": ["app", "instance", "version", "phase", "model", "shards"],
        "properties": {
          "app": {"type": "string"}, "instance": {"type": "string"}, "version": {"type": "string"},
          "phase": {"$ref": "#/components/schemas/Phase"}, "model": {"type": ["string", "null"]},
          "started": {"type": "string", "format": "date-time"},
          "now": {"type": "string", "format": "date-time"},
          "waiting_for": {"type": "string"},
          "shards": {"type": "array", "items": {"type": "object"}}}},
      "Version": {"type": "object", "required": ["version", "revision", "compiler"], "properties": {
        "version": {"type": "string"}, "revision": {"type": "string"}, "compiler": {"type": "string"}}}
    }
  },
  "paths": {
    "/livez": {"get": {"summary": "Is the main loop turning?", "security": [], "responses": {
      "200": {"description": "yes"}, "503": {"description": "no: restart it"}}}},
    "/readyz": {"get": {"summary": "Is every partition processed?", "security": [], "responses": {
      "200": {"description": "yes",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ready"}}}},
      "503": {"description": "not yet, with the reasons",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ready"}}}}}}},
    "/startupz": {"get": {"summary": "Are configuration and topics verified?", "security": [],
      "responses": {"200": {"description": "yes"}, "503": {"description": "not yet"}}}},
    "/statusz": {"get": {"summary": "Shards, partitions and counts", "security": [{}, {"token": []}],
      "responses": {
        "200": {"description": "as of now",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}},
        "401": {"$ref": "#/components/responses/Problem"}}}},
    "/metrics": {"get": {"summary": "Prometheus metrics", "security": [{}, {"token": []}],
      "responses": {
        "200": {"description": "text format 0.0.4",
          "content": {"text/plain": {"schema": {"type": "string"}}}},
        "401": {"$ref": "#/components/responses/Problem"}}}},
    "/version": {"get": {"summary": "What runs", "security": [{}, {"token": []}], "responses": {
      "200": {"description": "version, revision and compiler",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Version"}}}},
      "401": {"$ref": "#/components/responses/Problem"}}}},
    "/openapi.json": {"get": {"summary": "This description", "security": [{}, {"token": []}],
      "responses": {"200": {"description": "OpenAPI 3.1",
        "content": {"application/json": {"schema": {"type": "object"}}}},
        "401": {"$ref": "#/components/responses/Problem"}}}}
  }
}
)json";
}

}  // namespace segmentd::app
