/**
 * Stands in for aws-lambda-ric's native addon, which five minutes of compiling would give.
 *
 * It has nothing: with AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1 the client fetches invocations by its own
 * JavaScript, and by JavaScript it posts the answers and errors of streaming handlers. Netlify's entry is always
 * one. A call of the addon is a TypeError, which ends Node.
 *
 * Node finds this file where the client asks for ./rapid-client.node, since it tries the name with .js as well:
 * https://nodejs.org/api/modules.html#all-together
 */
module.exports = {}
