/** Names that the engine gives to containers without one: an adjective and somebody who built, sailed or mended things. */
import { randomInt } from 'node:crypto';

const adjectives =
  `able agile ample apt awake bold brave breezy bright brisk buoyant calm candid clear clever cosy daring
deft eager earnest even fair faithful fine fleet fond frank fresh gentle glad golden grand happy hardy hearty honest keen
kind lively loyal lucid lucky mellow merry mild modest neat nimble noble open patient placid plucky polite proud quick
quiet ready rested robust rosy sage sharp shiny snug sober solid spry staunch steady stout subtle sunny sure swift tidy
tough trim true trusty upbeat valiant vivid warm wary wise witty zesty`.split(/\s+/);

const people =
  `amundsen archimedes armstrong baker banks barents bering bligh brunel brunelleschi cabot cheng clark cook
cousteau cunningham drake earhart eiffel erikson faraday fitzroy flinders franklin frobisher fulton galileo gama goethals
harrison henson herschel hopper hudson hull humboldt jansz kepler knox lavoisier lovelace magellan maury mawson mercator
meucci mitchell morse nansen nightingale noether palladio pascal peary perry piccard polo ptolemy pytheas ride rodgers
roebling ross rosse scott shackleton slocum smeaton stephenson tasman telford tereshkova torres trevithick vancouver
vespucci watt wren wright zheng`.split(/\s+/);

/** A name; with `attempt`, one more likely to be free. */
export function makeName(attempt = 0): string {
  const name = `${adjectives[randomInt(adjectives.length)]}_${people[randomInt(people.length)]}`;
  return attempt === 0 ? name : `${name}${randomInt(10 ** Math.min(attempt, 6))}`;
}
