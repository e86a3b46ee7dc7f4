import { z } from 'zod';
import { errorSchema, OPERATIONS, type Operation } from './operations.ts';

/** The API's description (OpenAPI 3.1), made from the operations and their schemas. */
export function describeApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const path = `/api/v1${operation.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Watchword',
      version,
      description: 'Cameras, rules, states and events of one box. Times are ISO 8601 in UTC.',
    },
    paths,
    components: {
      schemas: { Error: jsonSchema(errorSchema, 'output') },
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'watchword_session',
          description: 'Changes also need the header X-CSRF-Token',
        },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
    security: [{ token: [] }, { session: [] }],
  };
}

function describeOperation(operation: Operation): Record<string, unknown> {
  const { method, path, role, summary, query, body, answer } = operation;
  const failure = {
    description: 'Why not',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: `${method}${path.replace(/[^a-z]+(\w?)/gi, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    description: `Needs the role ${role}.`,
    parameters: [...parameters, ...(query ? queryParameters(query) : [])],
    ...(body && { requestBody: { content: { 'application/json': { schema: jsonSchema(body, 'input') } } } }),
    responses: { 200: { description: 'Done', content: contentOf(answer) }, default: failure },
  };
}

function contentOf(answer: Operation['answer']): Record<string, unknown> {
  if (answer === 'openapi') return { 'application/json': { schema: { type: 'object' } } };
  if (typeof answer === 'string') return { [answer]: { schema: { type: 'string' } } };
  return { 'application/json': { schema: jsonSchema(answer, 'output') } };
}

function queryParameters(schema: z.ZodType): Array<Record<string, unknown>> {
  const { properties = {} } = jsonSchema(schema, 'input') as { properties?: Record<string, unknown> };
  return Object.entries(properties).map(([name, part]) => ({ name, in: 'query', required: false, schema: part }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
