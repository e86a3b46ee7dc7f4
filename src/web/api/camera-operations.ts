import {
  addCameraBody,
  addedCameraSchema,
  describeBody,
  describedCameraSchema,
  emptyBody,
  foundCameraSchema,
} from './camera-schemas.ts';
import type { Operation } from './operations.ts';

/** Finding and adding cameras. */
export const CAMERA_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/cameras',
    role: 'admin',
    summary: 'Try a camera for up to 50 s, write it into the configuration and watch it',
    body: addCameraBody,
    answer: addedCameraSchema,
  },
  {
    method: 'post',
    path: '/cameras/discover',
    role: 'admin',
    summary: 'Search the local networks for ONVIF cameras, about 4 s',
    body: emptyBody,
    answer: foundCameraSchema.array(),
  },
  {
    method: 'post',
    path: '/cameras/describe',
    role: 'admin',
    summary: 'Ask an ONVIF camera for its streams',
    body: describeBody,
    answer: describedCameraSchema,
  },
];
