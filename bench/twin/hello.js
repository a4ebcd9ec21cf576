/** What examples/hello does, as a Node developer would write it. */
/** @param {Request} request */
export default async request => {
  const name = new URL(request.url).searchParams.get('name') ?? 'world'
  console.log(`greeting ${name}`)
  return Response.json({ hello: name, node: process.version })
}
export const config = { path: '/api/hello' }
