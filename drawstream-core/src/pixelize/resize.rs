//! Another number of cells than the grid has, without new colours and without losing what is drawn.

/// For each row or column of the result, which of the source it is.
///
/// `cost_of_dropping[i]` says how much is lost where source line `i` is dropped. Fewer lines: those that cost least are
/// dropped, spread over the length, so that shapes keep their proportions. More lines: some come twice.
pub(crate) fn lines(source: usize, wanted: usize, cost_of_dropping: &[f32]) -> Vec<usize> {
    if wanted >= source {
        return (0..wanted).map(|i| i * source / wanted).collect();
    }
    // One is dropped out of each of as many stretches of equal length.
    let drops = source - wanted;
    let mut dropped = vec![false; source];
    for d in 0..drops {
        let (from, to) = (d * source / drops, (d + 1) * source / drops);
        let cheapest = (from..to).min_by(|&a, &b| {
            let cost = |i: usize| cost_of_dropping.get(i).copied().unwrap_or(0.0);
            cost(a).total_cmp(&cost(b))
        });
        if let Some(line) = cheapest {
            dropped[line] = true;
        }
    }
    (0..source).filter(|&i| !dropped[i]).collect()
}

/// How much is lost where each column and each row is dropped: the cells in which it differs from both neighbours.
pub(crate) fn costs(indices: &[u8], columns: usize) -> [Vec<f32>; 2] {
    let rows = indices.len() / columns;
    let at = |x: usize, y: usize| indices[y * columns + x];
    let novel = |here: u8, before: Option<u8>, after: Option<u8>| {
        f32::from(u8::from(before != Some(here) && after != Some(here)))
    };
    let across = (0..columns)
        .map(|x| {
            (0..rows)
                .map(|y| {
                    let before = (x > 0).then(|| at(x - 1, y));
                    let after = (x + 1 < columns).then(|| at(x + 1, y));
                    novel(at(x, y), before, after)
                })
                .sum()
        })
        .collect();
    let down = (0..rows)
        .map(|y| {
            (0..columns)
                .map(|x| {
                    let before = (y > 0).then(|| at(x, y - 1));
                    let after = (y + 1 < rows).then(|| at(x, y + 1));
                    novel(at(x, y), before, after)
                })
                .sum()
        })
        .collect();
    [across, down]
}

/// The cells of these columns and rows.
pub(crate) fn picked<T: Copy>(cells: &[T], columns: usize, xs: &[usize], ys: &[usize]) -> Vec<T> {
    ys.iter()
        .flat_map(|y| xs.iter().map(move |x| cells[y * columns + x]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_only_repeats_its_neighbour_goes_first() {
        // A one-pixel line in column 2 of a plain area: dropping it would lose it.
        let indices = [0, 0, 1, 0, 0, 0].repeat(3);
        let [across, _] = costs(&indices, 6);
        let kept = lines(6, 5, &across);
        assert_eq!(kept.len(), 5);
        assert!(kept.contains(&2));
    }

    #[test]
    fn any_size_comes_out_ascending_and_within_the_source() {
        for source in 1..20 {
            for wanted in 1..30 {
                let map = lines(source, wanted, &vec![1.0; source]);
                assert_eq!(map.len(), wanted);
                assert!(map.is_sorted() && map.iter().all(|&i| i < source));
            }
        }
    }
}
