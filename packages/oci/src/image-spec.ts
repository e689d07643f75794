/** The documents of an image: index, manifest and configuration (OCI image-spec 1.1), validated with zod. */
import { z } from 'zod';
import { isDigest } from './digest.ts';

/** A platform that an image is for. */
export const Platform = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  'os.version': z.string().optional(),
});
export type Platform = z.infer<typeof Platform>;

/** A reference to a blob: its media type, digest and size in bytes. */
export const Descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.string().refine(isDigest, 'invalid digest'),
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: Platform.optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** The manifest of one image: its configuration and its layers, lowest first. */
export const Manifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/** An index of manifests, one for each platform or image. */
export const Index = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(Descriptor),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Index = z.infer<typeof Index>;

const nullable = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);

/** What an image's configuration says about its containers; Docker's own fields (Healthcheck, Shell, …) are kept. */
export const ContainerConfig = z.looseObject({
  User: nullable(z.string()),
  ExposedPorts: nullable(z.record(z.string(), z.looseObject({}))),
  Env: nullable(z.array(z.string())),
  Entrypoint: nullable(z.array(z.string())),
  Cmd: nullable(z.array(z.string())),
  Volumes: nullable(z.record(z.string(), z.looseObject({}))),
  WorkingDir: nullable(z.string()),
  Labels: nullable(z.record(z.string(), z.string())),
  StopSignal: nullable(z.string()),
});
export type ContainerConfig = z.infer<typeof ContainerConfig>;

/** One step of an image's making. */
export const History = z.looseObject({
  created: z.string().optional(),
  created_by: z.string().optional(),
  author: z.string().optional(),
  comment: z.string().optional(),
  empty_layer: z.boolean().optional(),
});
export type History = z.infer<typeof History>;

/** An image's configuration. */
export const ImageConfig = z.looseObject({
  created: nullable(z.string()),
  author: nullable(z.string()),
  architecture: z.string(),
  os: z.string(),
  variant: nullable(z.string()),
  config: nullable(ContainerConfig),
  rootfs: z.looseObject({ type: z.string(), diff_ids: nullable(z.array(z.string())) }),
  history: nullable(z.array(History)),
});
export type ImageConfig = z.infer<typeof ImageConfig>;
