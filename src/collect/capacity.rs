//! Who gets the calls of a day: a knapsack over customers and levels.

/// Something that can be done for a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// What it is worth, above zero.
    pub value: f64,
    /// Calls that it takes.
    pub calls: usize,
}

/// What was given to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Allotment {
    /// Place among its chances of what each customer gets; none if nothing.
    pub chosen: Vec<Option<usize>>,
    /// Calls that it takes in all.
    pub calls: usize,
    /// By how much a better choice could be worth more, at the most. 0 when all chances take at most one call.
    pub gap: f64,
}

/// The next best thing for a customer: more calls for more value.
struct Raise {
    customer: usize,
    chance: usize,
    calls: usize,
    value: f64,
}

impl Raise {
    fn per_call(&self) -> f64 {
        self.value / self.calls as f64
    }
}

/// Chooses at most one chance for each customer, so that their calls fit into `capacity` and their value is large.
///
/// What takes no calls is given to everybody. Each customer's other chances are thinned to those on the upper hull of
/// value over calls; the raises from one to the next, over all customers, are taken by value per call, largest first,
/// and one that no longer fits is passed over with all later ones of its customer. The first raise that does not fit,
/// taken in part, would make the choice as good as any choice of parts, and so at least as good as the best choice: that
/// bounds the `gap` by the value of this one raise. If every chance takes at most one call, nothing is left over when
/// the first one does not fit, and the choice is the best. Of equals the earlier customer goes first.
///
/// Source: the linear relaxation of the multiple-choice knapsack; Sinha & Zoltners (1979), *Operations Research* 27,
/// 503-515.
///
/// ```
/// use arrears::collect::{Chance, allot};
/// let call = |value| vec![Chance { value, calls: 1 }];
/// let given = allot(&[call(5.0), call(9.0), call(7.0)], 2);
/// assert_eq!((given.chosen, given.gap), (vec![None, Some(0), Some(0)], 0.0));
/// ```
pub fn allot(customers: &[Vec<Chance>], capacity: usize) -> Allotment {
    let mut chosen: Vec<Option<usize>> = customers.iter().map(|chances| best_free(chances)).collect();
    let mut raises = Vec::new();
    for (customer, chances) in customers.iter().enumerate() {
        add_raises(customer, chances, chosen[customer], &mut raises);
    }
    // within a customer value per call falls from raise to raise: a stable sort keeps their order
    raises.sort_by(|a, b| b.per_call().total_cmp(&a.per_call()));
    let (mut calls, mut behind) = (0, None);
    let mut is_passed_over = vec![false; customers.len()];
    for raise in raises {
        if is_passed_over[raise.customer] {
            continue;
        }
        if calls + raise.calls <= capacity {
            calls += raise.calls;
            chosen[raise.customer] = Some(raise.chance);
            // what fits in after the first that did not is more than the bound's argument counts on
            if let Some(behind) = &mut behind {
                *behind -= raise.value;
            }
        } else {
            behind.get_or_insert_with(|| (capacity - calls) as f64 * raise.per_call());
            is_passed_over[raise.customer] = true;
        }
    }
    Allotment { chosen, calls, gap: behind.unwrap_or(0.0).max(0.0) }
}

/// The best of what takes no calls, the first of equals.
fn best_free(chances: &[Chance]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (k, chance) in chances.iter().enumerate().filter(|(_, c)| c.calls == 0 && c.value > 0.0) {
        if best.is_none_or(|b| chance.value > chances[b].value) {
            best = Some(k);
        }
    }
    best
}

/// Raises of one customer along the upper hull that starts at what it gets for free.
fn add_raises(customer: usize, chances: &[Chance], free: Option<usize>, raises: &mut Vec<Raise>) {
    let mut at = Chance { value: free.map_or(0.0, |k| chances[k].value), calls: 0 };
    loop {
        let mut next: Option<Raise> = None;
        for (chance, c) in
            chances.iter().enumerate().filter(|(_, c)| c.calls > at.calls && c.value > at.value)
        {
            let raise = Raise { customer, chance, calls: c.calls - at.calls, value: c.value - at.value };
            // the steepest; of equally steep ones the longest, so that no raise follows in the same direction
            if next.as_ref().is_none_or(|n| {
                let (a, b) = (raise.value * n.calls as f64, n.value * raise.calls as f64);
                a > b || (a == b && raise.calls > n.calls)
            }) {
                next = Some(raise);
            }
        }
        let Some(raise) = next else { return };
        at = chances[raise.chance];
        raises.push(raise);
    }
}
