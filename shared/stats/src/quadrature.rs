//! Gauss–Legendre quadrature on a panel, with running integrals at its nodes.

pub(crate) const NODES: usize = 16;

/// The values of something at the nodes of a panel.
pub(crate) type AtNodes = [f64; NODES];

/// Integrates polynomials of degree 31 over [−1, 1] exactly, and the interpolant of degree 15 from −1 to each node.
pub(crate) struct GaussLegendre {
    pub(crate) nodes: AtNodes,
    pub(crate) weights: AtNodes,
    /// Row q, column r: the weight of the value at node r in the integral from −1 to node q.
    running: [AtNodes; NODES],
}

impl GaussLegendre {
    pub(crate) fn new() -> Self {
        let mut rule = Self { nodes: [0.0; NODES], weights: [0.0; NODES], running: [[0.0; NODES]; NODES] };
        for (index, (node, weight)) in (0_u32..).zip(rule.nodes.iter_mut().zip(rule.weights.iter_mut())) {
            (*node, *weight) = root(index);
        }
        let (nodes, weights) = (rule.nodes, rule.weights);
        for (row, &end) in rule.running.iter_mut().zip(&nodes) {
            for (cell, (&node, &weight)) in row.iter_mut().zip(nodes.iter().zip(&weights)) {
                *cell = running_weight(end, node, weight);
            }
        }
        rule
    }

    /// The integral over a panel of half-width `half`.
    pub(crate) fn integral(&self, values: &AtNodes, half: f64) -> f64 {
        half * dot(&self.weights, values)
    }

    /// The integrals from the start of a panel of half-width `half` to each node.
    pub(crate) fn running_integrals(&self, values: &AtNodes, half: f64) -> AtNodes {
        self.running.map(|row| half * dot(&row, values))
    }
}

fn dot(left: &AtNodes, right: &AtNodes) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// A root of P₁₆ and its weight 2 / ((1 − x²) P′₁₆(x)²), by Newton's method from the usual cosine (DLMF 3.5(v)).
fn root(index: u32) -> (f64, f64) {
    let order = f64::from(u8::try_from(NODES).unwrap_or(u8::MAX));
    let mut x = -libm::cos(core::f64::consts::PI * (f64::from(index) + 0.75) / (order + 0.5));
    let mut slope = 1.0;
    for _ in 0..6 {
        let [.., before, last] = legendre(x);
        slope = order * (x * last - before) / (x * x - 1.0);
        x -= last / slope;
    }
    (x, 2.0 / ((1.0 - x * x) * slope * slope))
}

/// P₀(x) to P₁₆(x) by the three-term recurrence (DLMF 18.9.1).
fn legendre(x: f64) -> [f64; NODES + 1] {
    let mut values = [0.0; NODES + 1];
    let (mut before, mut last) = (0.0, 1.0);
    for (order, value) in (0_u32..).zip(values.iter_mut()) {
        *value = last;
        let order = f64::from(order);
        (before, last) = (last, ((2.0 * order + 1.0) * x * last - order * before) / (order + 1.0));
    }
    values
}

/// ∫ from −1 to `end` of the Lagrange polynomial of `node`.
///
/// That polynomial is Σ (2m + 1) / 2 · w · Pₘ(node) Pₘ(t), and ∫ Pₘ = (Pₘ₊₁ − Pₘ₋₁) / (2m + 1).
fn running_weight(end: f64, node: f64, weight: f64) -> f64 {
    let (at_end, at_node) = (legendre(end), legendre(node));
    let terms =
        at_end.windows(3).zip(at_node.iter().skip(1)).map(|(neighbours, polynomial)| match neighbours {
            [before, _, after] => polynomial * (after - before),
            _ => 0.0,
        });
    0.5 * weight * (end + 1.0 + terms.sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_smooth_functions_to_the_last_digits() {
        let rule = GaussLegendre::new();
        let values = rule.nodes.map(libm::exp);
        let exact = |to: f64| libm::exp(to) - libm::exp(-1.0);
        assert!((rule.integral(&values, 1.0) - exact(1.0)).abs() < 1e-14);
        for (running, node) in rule.running_integrals(&values, 1.0).iter().zip(rule.nodes) {
            assert!((running - exact(node)).abs() < 1e-14, "{node}: {running}");
        }
    }
}
