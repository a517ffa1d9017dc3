//! Where the subjects stand: sizes by kind and number, places by relation and thirds.

use super::backdrop::{Ground, Hour};
use super::cast::{Part, crowding, flies, parts, stature};
use super::dice::Dice;
use super::lexicon::Kind;
use super::places::{Floor, Footing};
use super::sheet::Sheet;
use super::sprite::{Facing, Sprite};
use super::tints::CONIFER;
use super::view::View;
use super::wardrobe::Attire;
use crate::color::Rgb8;
use crate::plan::CanvasSize;
use crate::scene::{Place, Scene};

/// One figure in the picture, ready to be stamped.
pub(crate) struct Figure {
    pub(crate) sprite: Sprite,
    /// Its lower middle.
    pub(crate) x: f32,
    pub(crate) foot: f32,
    pub(crate) stance: Stance,
    /// Painted in rising order: the nearer, the later.
    pub(crate) depth: f32,
}

/// How a figure meets what is under it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stance {
    /// On the ground, with a shadow.
    Standing,
    /// On something else, or in the air: no shadow.
    Free,
    /// In the water: this share of it is below the line.
    Afloat(f32),
}

impl View {
    /// All figures of the scene, in painting order.
    pub(crate) fn figures(&self, scene: &Scene, footing: &Footing) -> Vec<Figure> {
        let parts = parts(scene);
        let crowd: usize = parts
            .iter()
            .filter(|part| !matches!(part.subject.place, Place::Far))
            .map(|part| usize::from(part.subject.count.clamp(1, 12)))
            .sum();
        let shrink = crowding(crowd);
        let mut figures = Vec::new();
        let mut spots: Vec<Spot> = Vec::new();
        let rows = [Lane::Far, Lane::Sky, Lane::Water, Lane::Ground];
        for lane in rows {
            let members: Vec<&Part<'_>> = parts
                .iter()
                .filter(|part| self.lane(part, &parts, footing) == Some(lane))
                .collect();
            self.line_up(lane, &members, shrink, footing, &mut figures, &mut spots);
        }
        for part in &parts {
            self.attach(part, &parts, shrink, &mut figures, &mut spots);
        }
        for part in &parts {
            self.hand_over(part, &mut figures, &spots);
        }
        figures.sort_by(|a, b| a.depth.total_cmp(&b.depth));
        figures
    }

    /// Which row a part of its own belongs to; `None` for what depends on another.
    fn lane(&self, part: &Part<'_>, parts: &[Part<'_>], footing: &Footing) -> Option<Lane> {
        let known = |i: u8| {
            parts
                .iter()
                .any(|other| other.at == usize::from(i) && other.at != part.at)
        };
        let lane = match part.subject.place {
            Place::On(i) | Place::In(i) if known(i) => return None,
            Place::Under(i) if known(i) => Lane::Ground,
            Place::Sky => Lane::Sky,
            Place::Far => Lane::Far,
            Place::Water => Lane::Water,
            Place::Beside(i) if known(i) => {
                let other = parts.iter().find(|other| other.at == usize::from(i))?;
                match other.subject.place {
                    Place::Water => Lane::Water,
                    Place::Sky if flies(part.entry.kind) => Lane::Sky,
                    _ => Lane::Ground,
                }
            }
            Place::Ground
            | Place::On(_)
            | Place::In(_)
            | Place::Under(_)
            | Place::With(_)
            | Place::Beside(_) => Lane::Ground,
        };
        Some(match (lane, footing.floor) {
            (Lane::Water, _) if footing.water.is_none() && footing.floor == Floor::Solid => {
                Lane::Ground
            }
            (Lane::Ground, Floor::Water) if part.entry.emoji != "🏝️" => Lane::Water,
            (Lane::Sky, Floor::None) => Lane::Ground,
            (lane, _) => lane,
        })
    }

    /// Sets the members of one lane beside each other.
    fn line_up(
        &self,
        lane: Lane,
        members: &[&Part<'_>],
        shrink: f32,
        footing: &Footing,
        figures: &mut Vec<Figure>,
        spots: &mut Vec<Spot>,
    ) {
        let mut dice = self.dice(lane.name());
        let mut row: Vec<(&Part<'_>, Sprite, f32)> = Vec::new();
        for part in members {
            for copy in 0..part.subject.count.clamp(1, 12) {
                let vary = if part.subject.count > 1 {
                    1.0 - 0.10 * f32::from(copy % 3)
                } else {
                    1.0
                };
                let size = stature(part) * shrink * vary * lane.scale();
                if let Some(sprite) = self.sprite(part, self.h * size, self.w * 0.78) {
                    let facing = if copy % 2 == 1 || (members.len() == 1 && dice.chance(0.5)) {
                        Facing::Mirrored
                    } else {
                        Facing::AsDrawn
                    };
                    let sprite = if facing == Facing::Mirrored {
                        sprite.mirrored()
                    } else {
                        sprite
                    };
                    row.push((part, sprite, 0.0));
                }
            }
        }
        let wide: f32 = row.iter().map(|r| r.1.w as f32).sum();
        let room = self.w * 0.94;
        // More than fit side by side stand in two rows, the back one smaller.
        let overlap = (room / (wide * 1.06).max(1.0)).min(1.0);
        let count = row.len();
        let gap = ((room - wide) / (count as f32 + 1.0)).clamp(0.0, 10.0 * self.u);
        let used = wide * overlap + gap * (count.saturating_sub(1)) as f32;
        let lean = if count == 1 {
            -self.light * self.w * 0.10
        } else {
            -self.light * (room - used).max(0.0) * 0.12
        };
        let lean = if lane == Lane::Sky { lean * 0.8 } else { lean };
        let mut x = self.w * 0.5 + lean - used * 0.5;
        for (i, (part, sprite, _)) in row.into_iter().enumerate() {
            let own = sprite.w as f32 * overlap;
            let cx = x + own * 0.5;
            x += own + gap;
            let back = if count > 1 && i % 2 == 1 {
                Row::Back
            } else {
                Row::Front
            };
            let (foot, stance) = self.stand(lane, part, &sprite, back, footing, &mut dice);
            let depth = lane.depth() + foot / self.h;
            spots.push(Spot {
                part: part.at,
                x: cx,
                foot,
                sprite: sprite.clone(),
                depth,
            });
            figures.push(Figure {
                sprite,
                x: cx,
                foot,
                stance,
                depth,
            });
        }
    }

    fn stand(
        &self,
        lane: Lane,
        part: &Part<'_>,
        sprite: &Sprite,
        row: Row,
        footing: &Footing,
        dice: &mut Dice,
    ) -> (f32, Stance) {
        let tall = sprite.h as f32;
        match (lane, footing.floor) {
            (Lane::Sky, _) => {
                let middle = self.h * if row == Row::Back { 0.22 } else { 0.30 }
                    + dice.range(-0.03, 0.03) * self.h;
                ((middle + tall * 0.5).max(tall + 1.0), Stance::Free)
            }
            (Lane::Far, _) => (footing.far, Stance::Standing),
            (Lane::Ground | Lane::Water, Floor::None) => {
                let middle = self.h * if row == Row::Back { 0.44 } else { 0.56 }
                    + dice.range(-0.03, 0.03) * self.h;
                (middle + tall * 0.5, Stance::Free)
            }
            (Lane::Water, _) => {
                let line = footing.water.unwrap_or(footing.near);
                let sunk = match part.entry.kind {
                    Kind::Vessel | Kind::Building => 0.06,
                    Kind::Bird | Kind::Flower => 0.10,
                    _ => 0.24,
                };
                let line = if row == Row::Back {
                    line - self.h * 0.05
                } else {
                    line
                };
                (line + tall * sunk, Stance::Afloat(sunk))
            }
            (Lane::Ground, _) => {
                let heavy = matches!(part.entry.kind, Kind::Building | Kind::Tree);
                let near = if heavy && self.ground != Ground::Lake {
                    footing.near - self.h * 0.06
                } else {
                    footing.near
                };
                (
                    if row == Row::Back {
                        near - self.h * 0.045
                    } else {
                        near
                    },
                    Stance::Standing,
                )
            }
        }
    }

    /// Puts riders on, dwellers into and shelters over what they belong to.
    fn attach(
        &self,
        part: &Part<'_>,
        parts: &[Part<'_>],
        shrink: f32,
        figures: &mut Vec<Figure>,
        spots: &mut Vec<Spot>,
    ) {
        match part.subject.place {
            Place::On(i) | Place::In(i) if parts.iter().any(|p| p.at == usize::from(i)) => {
                let inside = matches!(part.subject.place, Place::In(_));
                let Some(under) = spots.iter().position(|spot| spot.part == usize::from(i)) else {
                    return;
                };
                let copies = part.subject.count.clamp(1, 12);
                for copy in 0..copies {
                    let base = &spots[under];
                    let (bw, bh, bx, bfoot, depth) = (
                        base.sprite.w as f32,
                        base.sprite.h as f32,
                        base.x,
                        base.foot,
                        base.depth,
                    );
                    let big = bw > self.w * 0.34 || bh > self.h * 0.36;
                    let size = stature(part) * shrink * if big { 0.72 } else { 0.80 };
                    let widest = (bw * 0.9 / f32::from(copies)).max(self.w * 0.16);
                    let Some(sprite) =
                        self.sprite(part, self.h * size, widest.max(self.h * size * 0.7))
                    else {
                        return;
                    };
                    let step = f32::from(copy) - f32::from(copies - 1) * 0.5;
                    let along = if copies == 1 {
                        -self.light * bw * if big { 0.10 } else { 0.0 }
                    } else {
                        step * bw * 0.8 / f32::from(copies)
                    };
                    let column = (bw * 0.5 + along) as i32;
                    let top = base.sprite.top_at(column, (sprite.w / 8).max(1)) as f32;
                    let crest = bfoot - bh + top;
                    let foot = if inside {
                        crest + sprite.h as f32 * 0.42
                    } else {
                        crest + 2.0 * self.u
                    };
                    // On board one stands on deck, before the sails.
                    let aboard = !inside
                        && parts
                            .iter()
                            .any(|p| p.at == usize::from(i) && p.entry.kind == Kind::Vessel);
                    let foot = if aboard { bfoot - bh * 0.27 } else { foot };
                    // A rider is never cut off by the upper edge.
                    let foot = foot.max(sprite.h as f32 + 1.0);
                    let depth = if inside {
                        depth - 0.001
                    } else {
                        depth + 0.001 + 0.0001 * f32::from(copy)
                    };
                    spots.push(Spot {
                        part: part.at,
                        x: bx + along,
                        foot,
                        sprite: sprite.clone(),
                        depth,
                    });
                    figures.push(Figure {
                        sprite,
                        x: bx + along,
                        foot,
                        stance: Stance::Free,
                        depth,
                    });
                }
            }
            Place::Under(i) => {
                // The shelter is a figure of its own lane; it only has to stand behind and above.
                let under: Vec<usize> = (0..figures.len())
                    .filter(|&f| spots.get(f).is_some_and(|s| s.part == part.at))
                    .collect();
                let Some(shelter) = spots.iter().position(|spot| spot.part == usize::from(i))
                else {
                    return;
                };
                let middle =
                    under.iter().map(|&f| figures[f].x).sum::<f32>() / under.len().max(1) as f32;
                let Some(other) = parts.iter().find(|p| p.at == usize::from(i)) else {
                    return;
                };
                let tall_ground = matches!(
                    other.entry.kind,
                    Kind::Tree | Kind::Building | Kind::Plant | Kind::Flower
                );
                if let (true, Some(sprite)) =
                    (tall_ground, self.sprite(other, self.h * 0.74, self.w * 0.9))
                {
                    let (x, foot) = (
                        middle + self.light * self.w * 0.06,
                        figures[shelter].foot - self.h * 0.05,
                    );
                    spots[shelter].x = x;
                    figures[shelter] = Figure {
                        sprite,
                        x,
                        foot,
                        stance: Stance::Standing,
                        depth: -0.5,
                    };
                } else if let Some(&first) = under.first() {
                    let head = under
                        .iter()
                        .map(|&f| figures[f].foot - figures[f].sprite.h as f32)
                        .fold(self.h, f32::min);
                    let foot = (head + 4.0 * self.u).max(figures[shelter].sprite.h as f32 * 0.8);
                    figures[shelter].x = middle;
                    figures[shelter].foot = foot;
                    figures[shelter].stance = Stance::Free;
                    figures[shelter].depth = figures[first].depth + 0.01;
                }
            }
            Place::Ground
            | Place::Sky
            | Place::On(_)
            | Place::In(_)
            | Place::With(_)
            | Place::Beside(_)
            | Place::Far
            | Place::Water => {}
        }
    }

    /// What is held goes beside the hand.
    fn hand_over(&self, part: &Part<'_>, figures: &mut Vec<Figure>, spots: &[Spot]) {
        for (n, entry) in part.held.iter().enumerate() {
            for spot in spots.iter().filter(|spot| spot.part == part.at) {
                let (w, h) = (spot.sprite.w as f32, spot.sprite.h as f32);
                let Some(sprite) = Sprite::of(entry.emoji, entry.kind, &[], h * 0.46, w * 0.62)
                else {
                    continue;
                };
                let sprite = sprite.lit(&self.tints, self.light);
                let side = if n % 2 == 0 { 1.0 } else { -1.0 };
                let floats = entry.kind == Kind::Floater;
                let x = (spot.x + side * (w * 0.46)).clamp(
                    sprite.w as f32 * 0.5 + 1.0,
                    self.w - sprite.w as f32 * 0.5 - 1.0,
                );
                let foot = if floats {
                    spot.foot - h * 0.72
                } else {
                    spot.foot - h * 0.06
                };
                figures.push(Figure {
                    sprite,
                    x,
                    foot,
                    stance: Stance::Free,
                    depth: spot.depth + 0.002,
                });
            }
        }
    }

    /// Trees that are asked for are of the same wood as those of the backdrop.
    fn tree(&self, emoji: &str, tall: f32) -> Option<Sprite> {
        const BLANK: Rgb8 = Rgb8::new(255, 0, 254);
        let mut easel = Self::new(CanvasSize::new(32, 32)?, self.backdrop.clone(), self.seed);
        let side = tall * 1.5 + 8.0;
        easel.sheet = Sheet::new(side as i32, side as i32, BLANK);
        (easel.u, easel.light) = (self.u, self.light);
        let (x, foot) = ((side * 0.5).floor(), (side - 2.0).floor());
        if emoji == "🌲" || self.winter() {
            let colors = easel.tints.ramp(CONIFER);
            easel.spruce(x, foot, tall, colors, 0.0);
        } else {
            let colors = easel.tints.leaves;
            easel.broadleaf(x, foot, tall, colors, 0.0, "asked tree");
        }
        Sprite::cut_from(&easel.sheet, BLANK)
    }

    fn sprite(&self, part: &Part<'_>, tall: f32, widest: f32) -> Option<Sprite> {
        if matches!(part.entry.emoji, "🌳" | "🌲") {
            let tree = self.tree(part.entry.emoji, tall)?;
            return Some(match part.subject.color {
                Some(color) => tree.recolored(color),
                None => tree,
            });
        }

        let extra =
            if part.attire.iter().any(
                |a| !matches!(a, Attire::Emoji(e) if e.starts_with('👓') || e.starts_with('🕶')),
            ) {
                1.22
            } else {
                1.0
            };
        let sprite = Sprite::of(
            part.entry.emoji,
            part.entry.kind,
            &part.attire,
            tall * extra,
            widest,
        )?;
        let sprite = match part.subject.color {
            Some(color) => sprite.recolored(color),
            None => sprite,
        };
        let windows =
            part.entry.kind == Kind::Building && (self.hour.is_dark() || self.hour == Hour::Sunset);
        let sprite = if windows {
            sprite.with_lights(self.tints.glow)
        } else {
            sprite
        };
        Some(sprite.lit(&self.tints, self.light))
    }
}

struct Spot {
    part: usize,
    x: f32,
    foot: f32,
    sprite: Sprite,
    depth: f32,
}

/// Which of two staggered rows a figure of a crowd stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Front,
    Back,
}

/// A row of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Far,
    Sky,
    Water,
    Ground,
}

impl Lane {
    const fn name(self) -> &'static str {
        match self {
            Self::Far => "far lane",
            Self::Sky => "sky lane",
            Self::Water => "water lane",
            Self::Ground => "ground lane",
        }
    }

    const fn scale(self) -> f32 {
        match self {
            Self::Far => 0.55,
            Self::Sky => 0.90,
            Self::Water => 0.95,
            Self::Ground => 1.0,
        }
    }

    const fn depth(self) -> f32 {
        match self {
            Self::Far => -2.0,
            Self::Sky => -1.0,
            Self::Water => 0.0,
            Self::Ground => 0.5,
        }
    }
}
