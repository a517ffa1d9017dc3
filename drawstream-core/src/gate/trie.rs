//! A trie over [`Letter`]s, with several roots in one arena.

use super::letter::{Letter, LetterSet, Script};

/// A node of a [`Trie`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

#[derive(Clone, Copy, Debug)]
struct Node {
    children: LetterSet,
    /// The children lie side by side, in the order of their letters.
    first_child: u32,
    /// Where its values begin, and how many there are.
    values: (u32, u32),
    /// The letter that leads to it.
    letter: u8,
}

/// Words to values. Children are found by a mask of letters, so that a character that may be several letters
/// costs no more than the letters that go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    values: Vec<u32>,
}

impl Trie {
    /// Adds a tree with these words and hands back its root. The words need not be sorted.
    pub(crate) fn plant(&mut self, mut words: Vec<(Vec<Letter>, u32)>) -> NodeId {
        words.sort_unstable();
        words.dedup();
        let root = self.nodes.len() as u32;
        self.nodes.push(Node {
            children: LetterSet::EMPTY,
            first_child: 0,
            values: (0, 0),
            letter: u8::MAX,
        });
        let mut queue = std::collections::VecDeque::from([(root, 0usize, words.len(), 0usize)]);
        while let Some((node, from, to, depth)) = queue.pop_front() {
            let ends = words[from..to]
                .iter()
                .take_while(|(word, _)| word.len() == depth)
                .count();
            let first_value = self.values.len() as u32;
            self.values
                .extend(words[from..from + ends].iter().map(|&(_, value)| value));
            self.nodes[node as usize].values = (first_value, ends as u32);
            self.nodes[node as usize].first_child = self.nodes.len() as u32;
            let mut at = from + ends;
            while at < to {
                let letter = words[at].0[depth];
                let same = words[at..to].partition_point(|(word, _)| word[depth] == letter);
                let children = &mut self.nodes[node as usize].children;
                *children = children.with(LetterSet::one(letter));
                queue.push_back((self.nodes.len() as u32, at, at + same, depth + 1));
                self.nodes.push(Node {
                    children: LetterSet::EMPTY,
                    first_child: 0,
                    values: (0, 0),
                    letter: letter.index(),
                });
                at += same;
            }
        }
        NodeId(root)
    }

    /// The values of words that end here.
    pub(crate) fn values(&self, node: NodeId) -> &[u32] {
        let (first, count) = self.nodes[node.0 as usize].values;
        &self.values[first as usize..(first + count) as usize]
    }

    /// Whether the letter that leads to the node is one of these.
    pub(crate) fn repeats(&self, node: NodeId, letters: LetterSet) -> bool {
        let letter = self.nodes[node.0 as usize].letter;
        letter != u8::MAX && letters.0 >> letter & 1 == 1
    }

    /// The script of the letter that leads to the node; `None` for a root.
    pub(crate) fn script(&self, node: NodeId) -> Option<Script> {
        Letter::from_index(self.nodes[node.0 as usize].letter).map(Letter::script)
    }

    /// The child by a letter.
    pub(crate) fn child(&self, node: NodeId, letter: Letter) -> Option<NodeId> {
        let node = &self.nodes[node.0 as usize];
        node.children.contains(letter).then(|| {
            let before = node.children.0 & ((1 << letter.index()) - 1);
            NodeId(node.first_child + before.count_ones())
        })
    }

    /// The children by any of these letters.
    pub(crate) fn children(
        &self,
        node: NodeId,
        letters: LetterSet,
    ) -> impl Iterator<Item = NodeId> + use<> {
        let node = self.nodes[node.0 as usize];
        let mut left = node.children.and(letters).0;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let bit = left & left.wrapping_neg();
            left ^= bit;
            Some(NodeId(
                node.first_child + (node.children.0 & (bit - 1)).count_ones(),
            ))
        })
    }
}

/// The letters of a word; `None` where something in it is no letter.
pub(crate) fn spell(word: &str) -> Option<Vec<Letter>> {
    word.chars().map(Letter::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(trie: &Trie, root: NodeId, word: &str) -> Vec<u32> {
        let end = spell(word)
            .unwrap()
            .into_iter()
            .try_fold(root, |node, letter| trie.child(node, letter));
        end.map_or(Vec::new(), |node| trie.values(node).to_vec())
    }

    #[test]
    fn words_are_found_under_their_own_root_only() {
        let words = |list: &[(&str, u32)]| {
            list.iter()
                .map(|&(word, value)| (spell(word).unwrap(), value))
                .collect::<Vec<_>>()
        };
        let mut trie = Trie::default();
        let cats = trie.plant(words(&[("cat", 1), ("cats", 2), ("кот", 3), ("cat", 4)]));
        let dogs = trie.plant(words(&[("dog", 5)]));
        assert_eq!(find(&trie, cats, "cat"), [1, 4]);
        assert_eq!(find(&trie, cats, "cats"), [2]);
        assert_eq!(find(&trie, cats, "кот"), [3]);
        assert!(find(&trie, cats, "ca").is_empty());
        assert!(find(&trie, cats, "dog").is_empty());
        assert_eq!(find(&trie, dogs, "dog"), [5]);
        let empty = trie.plant(Vec::new());
        assert!(find(&trie, empty, "a").is_empty());
    }

    #[test]
    fn several_letters_lead_to_several_children() {
        let mut trie = Trie::default();
        let root = trie.plant(vec![
            (spell("за").unwrap(), 1),
            (spell("еж").unwrap(), 2),
            (spell("ох").unwrap(), 3),
        ]);
        assert_eq!(trie.children(root, LetterSet::of("зе")).count(), 2);
        assert_eq!(trie.children(root, LetterSet::of("щ")).count(), 0);
    }
}
