//! A painting to put on a stage: a cabin under an aurora, in plan steps.

use crate::color::Rgb8;
use crate::plan::{Canvas, CanvasPoint, CanvasSize, Op, Paint, Plan, Step};

const COLORS: [(&str, u32); 12] = [
    ("night", 0x14_1B_3C),
    ("dusk", 0x23_2C_5C),
    ("aurora", 0x3F_D9_9A),
    ("glow", 0x8C_F2_C4),
    ("violet", 0x7A_5C_C9),
    ("star", 0xF6_F1_D6),
    ("peak", 0x4A_55_85),
    ("snow", 0xDC_E8_F5),
    ("shade", 0xA9_BC_DC),
    ("pine", 0x1E_4D_3E),
    ("wood", 0x7A_45_2B),
    ("lamp", 0xFF_C2_4D),
];

pub(super) fn color(name: &str) -> Rgb8 {
    let (_, rgb) = COLORS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a colour of this painting");
    Rgb8::new((rgb >> 16) as u8, (rgb >> 8) as u8, *rgb as u8)
}

pub(super) fn palette() -> Vec<Rgb8> {
    COLORS.iter().map(|(name, _)| color(name)).collect()
}

fn fill(name: &str) -> Paint {
    Paint {
        fill: Some(color(name)),
        outline: None,
    }
}

fn rect(name: &str, x: i32, y: i32, w: i32, h: i32) -> Op {
    Op::Rect {
        at: CanvasPoint::new(x, y),
        w,
        h,
        paint: fill(name),
    }
}

fn polygon(name: &str, points: &[(i32, i32)]) -> Op {
    Op::Polygon {
        points: points
            .iter()
            .map(|&(x, y)| CanvasPoint::new(x, y))
            .collect(),
        paint: fill(name),
    }
}

fn brush(name: &str, width: u32, points: &[(i32, i32)]) -> Op {
    Op::Brush {
        path: points
            .iter()
            .map(|&(x, y)| CanvasPoint::new(x, y))
            .collect(),
        width,
        color: color(name),
    }
}

fn pine(x: i32, y: i32) -> [Op; 2] {
    [
        polygon("pine", &[(x, y - 22), (x - 8, y), (x + 8, y)]),
        polygon("snow", &[(x, y - 22), (x - 3, y - 14), (x + 2, y - 16)]),
    ]
}

/// Takes 24 steps of 700 ms.
pub(super) fn plan(w: u16, h: u16) -> Plan {
    let stars = (0..40).map(|n| CanvasPoint::new((n * 37 + 5) % 96, (n * n * 13 + n * 7) % 44));
    let mut ops = vec![
        rect("night", 0, 0, 96, 34),
        rect("dusk", 0, 34, 96, 30),
        Op::Pixels {
            points: stars.collect(),
            color: color("star"),
        },
        brush(
            "violet",
            5,
            &[(0, 30), (20, 22), (44, 26), (70, 14), (95, 18)],
        ),
        brush(
            "aurora",
            7,
            &[(0, 24), (22, 15), (46, 19), (68, 8), (95, 11)],
        ),
        brush("glow", 2, &[(0, 22), (22, 13), (46, 17), (68, 6), (95, 9)]),
        polygon("peak", &[(-4, 66), (18, 36), (38, 66)]),
        polygon("peak", &[(28, 66), (60, 30), (92, 66)]),
        polygon("shade", &[(18, 36), (12, 45), (18, 43), (24, 47)]),
        polygon("snow", &[(60, 30), (50, 42), (58, 40), (64, 44), (70, 41)]),
        rect("snow", 0, 64, 96, 32),
        brush("shade", 3, &[(0, 74), (30, 70), (60, 76), (95, 71)]),
        brush("shade", 2, &[(0, 90), (40, 86), (95, 91)]),
    ];
    ops.extend(pine(12, 74));
    ops.extend(pine(84, 78));
    ops.extend(pine(26, 70));
    ops.extend([
        rect("wood", 40, 60, 30, 20),
        polygon("peak", &[(36, 61), (55, 46), (74, 61)]),
        polygon(
            "snow",
            &[(36, 60), (55, 45), (74, 60), (70, 60), (55, 49), (40, 60)],
        ),
        rect("lamp", 46, 65, 7, 7),
        rect("night", 58, 66, 6, 14),
    ]);
    let size = CanvasSize::new(w, h).expect("a canvas with sides");
    let canvas = Canvas::new(size).with_background(color("night"));
    let steps = ops.into_iter().map(Step::from).collect();
    Plan::from_steps(canvas, "aurora cabin", steps).expect("a plan within all limits")
}
