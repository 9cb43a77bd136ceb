// The E-steps of naive_em.py and kmeans.py, for one point x and a mixture {mu, var, p}.

function squaredDistance(x, mu) {
  return x.reduce((sum, value, i) => sum + (value - mu[i]) ** 2, 0);
}

function softCounts(x, { mu, var: variance, p }) {
  const logJoint = mu.map((centre, j) => Math.log(p[j]) - x.length / 2 * Math.log(2 * Math.PI * variance[j])
    - squaredDistance(x, centre) / (2 * variance[j]));
  const largest = Math.max(...logJoint); // taken off first: the densities themselves may be 0 in floating point
  const parts = logJoint.map(value => Math.exp(value - largest));
  const total = parts.reduce((sum, part) => sum + part);
  return parts.map(part => part / total);
}

function hardCounts(x, { mu }) {
  const distances = mu.map(centre => squaredDistance(x, centre));
  const nearest = distances.indexOf(Math.min(...distances));
  return mu.map((_, j) => j === nearest ? 1 : 0);
}
