import { createHash, createHmac, randomBytes } from 'node:crypto'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

const bucket = process.env.S3_BUCKET
const client = new S3Client({
  region: process.env.S3_REGION,
  endpoint: process.env.S3_ENDPOINT_URL,
  forcePathStyle: true,
  maxAttempts: 1,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  credentials: {
    accessKeyId: process.env.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: process.env.S3_SECRET_ACCESS_KEY ?? '',
  },
})

/**
 * @param {string} key
 * @returns {Promise<any>} the JSON under a key, null where there is none
 */
export async function read(key) {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return JSON.parse((await Body?.transformToString()) ?? 'null')
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'NoSuchKey') return null
    throw error
  }
}

/**
 * @param {string} key
 * @param {string | Buffer} body
 * @param {string} type
 * @param {boolean} [create]
 */
export async function write(key, body, type, create = false) {
  const condition = create ? { IfNoneMatch: '*' } : {}
  await client.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: type, ...condition }),
  )
}

/**
 * Signs as Standard Webhooks say.
 *
 * @param {string} id
 * @param {string} body
 */
export function signed(id, body) {
  const secret = Buffer.from((process.env.VIDEOGEN_SIGNING_SECRET ?? '').slice('whsec_'.length), 'base64')
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
}

export const newId = () => randomBytes(16).toString('base64url')

/** @param {...string} parts */
export const digest = (...parts) =>
  parts
    .reduce((hash, part) => hash.update(createHash('sha256').update(part).digest()), createHash('sha256'))
    .digest('hex')

/**
 * @param {number} status
 * @param {object} body
 */
export function json(status, body) {
  return Response.json(body, {
    status,
    headers: {
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    },
  })
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} detail
 */
export const problem = (status, code, detail) =>
  json(status, { type: 'about:blank', status, code, detail, success: false, error: detail })
