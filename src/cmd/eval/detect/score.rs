//! Found boxes against a set, class by class, and all motor vehicles as one class.

use std::collections::BTreeMap;

use detector::score::detection::{
    Coco, Counts, DetectionFigures, Found, Label, Paired, Rule, evaluate, operate,
};
use domain::Class;
use serde::Serialize;

use super::names::Meaning;

/// What is scored as one class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scored {
    pub name: String,
    meaning: Meaning,
    /// Whether who looked has a word for it.
    pub known: bool,
}

/// Labels and boxes under the names that are scored.
#[derive(Debug)]
pub(super) struct Exam {
    pub classes: Vec<Scored>,
    pub labels: Vec<Label>,
    pub found: Vec<Found>,
    /// Labels and boxes of motor vehicles, all as class 0; nothing if the set has none.
    vehicles: Option<(Vec<Label>, Vec<Found>)>,
}

/// A box of our own classes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub class: Class,
    /// Its class is not looked at.
    pub found: Found,
}

impl Exam {
    /// The set's categories are the classes; `found` is in them.
    pub(super) fn of_results(set: &Coco, meanings: &[Meaning], found: Vec<Found>) -> Self {
        let classes = set.classes.iter().zip(meanings).map(|(name, &meaning)| Scored {
            name: name.clone(),
            meaning,
            known: true,
        });
        let vehicle = |class: usize| meanings[class].is_vehicle();
        let of_vehicles = found.iter().filter(|found| vehicle(found.class));
        let vehicles = vehicles(set, meanings, of_vehicles.copied().collect());
        Self { classes: classes.collect(), labels: set.labels.clone(), found, vehicles }
    }

    /// Our own classes are the classes; `known` are those that the model has.
    pub(super) fn of_model(
        set: &Coco,
        meanings: &[Meaning],
        seen: &[Seen],
        known: &[Class],
    ) -> Self {
        // A category without a box in this set cannot be scored.
        let labelled = set.labels.iter().map(|label| meanings[label.class]);
        let mut wanted: Vec<Class> = labelled.filter_map(class).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let index: BTreeMap<Class, usize> = wanted.iter().copied().zip(0..).collect();
        let scored = |class: Class| {
            // A set that tells two-wheelers only as such takes either kind.
            let wide = class.is_two_wheeler().then_some(Class::TwoWheeler);
            index.get(&class).or_else(|| index.get(&wide?)).copied()
        };
        let mut labels = Vec::new();
        for label in &set.labels {
            match meanings[label.class] {
                Meaning::Class(class) => labels.push(Label { class: index[&class], ..*label }),
                Meaning::Vehicle | Meaning::Ignored => {
                    let all = 0..wanted.len();
                    labels.extend(all.map(|class| Label { class, crowd: true, ..*label }));
                }
                Meaning::Unknown => {}
            }
        }
        let found =
            seen.iter().filter_map(|seen| Some(Found { class: scored(seen.class)?, ..seen.found }));
        let classes = wanted.iter().map(|&class| Scored {
            name: class.as_str().to_owned(),
            meaning: Meaning::Class(class),
            known: known.iter().any(|&known| scored(known) == index.get(&class).copied()),
        });
        let of_vehicles = seen.iter().filter(|seen| seen.class.is_motor_vehicle());
        let of_vehicles = of_vehicles.map(|seen| seen.found).collect();
        Self {
            vehicles: vehicles(set, meanings, of_vehicles),
            found: found.collect(),
            classes: classes.collect(),
            labels,
        }
    }

    /// Every row: all vehicles, each class, the mean over the classes that are known.
    pub(super) fn rows(&self, min_score: f64) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some((labels, found)) = &self.vehicles {
            rows.push(Row::new(
                "all vehicles",
                true,
                labels,
                found,
                min_score,
                figures(labels, found),
            ));
        }
        let score = evaluate(self.classes.len(), &self.labels, &self.found);
        for (index, class) in self.classes.iter().enumerate() {
            let of = |other: usize| other == index;
            let labels: Vec<Label> = self.labels.iter().filter(|l| of(l.class)).copied().collect();
            let found: Vec<Found> = self.found.iter().filter(|f| of(f.class)).copied().collect();
            let figures = score.of_class(index);
            rows.push(Row::new(&class.name, class.known, &labels, &found, min_score, figures));
        }
        let known: BTreeMap<usize, usize> = self
            .classes
            .iter()
            .enumerate()
            .filter(|(_, c)| c.known)
            .map(|(i, _)| i)
            .zip(0..)
            .collect();
        if known.len() > 1 {
            let labels: Vec<Label> = self
                .labels
                .iter()
                .filter_map(|label| Some(Label { class: *known.get(&label.class)?, ..*label }))
                .collect();
            let found: Vec<Found> = self
                .found
                .iter()
                .filter_map(|found| Some(Found { class: *known.get(&found.class)?, ..*found }))
                .collect();
            let figures = evaluate(known.len(), &labels, &found).figures();
            rows.push(Row::new("mean of classes", true, &labels, &found, min_score, figures));
        }
        rows
    }

    /// Who is taken for whom, at the threshold: pairs by overlap alone, whatever the class.
    pub(super) fn confusion(&self, min_score: f64) -> Vec<Confused> {
        let (labels, found) = (self.agnostic_labels(), self.agnostic_found(min_score));
        let paired = operate(&labels, &found, Rule::Iou50);
        let name = |class: usize| Some(self.classes[class].name.clone());
        let strong = self.strong(min_score);
        let mut cells = BTreeMap::<(Option<usize>, Option<usize>), u64>::new();
        for &(f, l) in &paired.pairs {
            *cells.entry((Some(self.labels[l].class), Some(strong[f].class))).or_default() += 1;
        }
        for &l in &paired.missed {
            *cells.entry((Some(self.labels[l].class), None)).or_default() += 1;
        }
        for &f in &paired.wrong {
            *cells.entry((None, Some(strong[f].class))).or_default() += 1;
        }
        let confused = cells.into_iter().map(|((truth, answer), count)| Confused {
            truth: truth.and_then(name),
            answer: answer.and_then(name),
            count,
        });
        confused.collect()
    }

    /// What the pictures of errors are taken from: vehicles if there are no classes.
    pub(super) fn errors(&self, min_score: f64) -> (Vec<Label>, Vec<Found>, Paired) {
        let (labels, found) = match &self.vehicles {
            Some((labels, found)) if self.classes.is_empty() => {
                (labels.clone(), found.iter().filter(|f| f.score >= min_score).copied().collect())
            }
            _ => (self.agnostic_labels(), self.agnostic_found(min_score)),
        };
        let paired = operate(&labels, &found, Rule::Iou50);
        (labels, found, paired)
    }

    fn strong(&self, min_score: f64) -> Vec<Found> {
        self.found.iter().filter(|found| found.score >= min_score).copied().collect()
    }

    fn agnostic_labels(&self) -> Vec<Label> {
        self.labels.iter().map(|label| Label { class: 0, ..*label }).collect()
    }

    fn agnostic_found(&self, min_score: f64) -> Vec<Found> {
        self.strong(min_score).into_iter().map(|found| Found { class: 0, ..found }).collect()
    }
}

fn class(meaning: Meaning) -> Option<Class> {
    match meaning {
        Meaning::Class(class) => Some(class),
        _ => None,
    }
}

fn vehicles(
    set: &Coco,
    meanings: &[Meaning],
    found: Vec<Found>,
) -> Option<(Vec<Label>, Vec<Found>)> {
    let labels = set.labels.iter().filter_map(|label| {
        let meaning = meanings[label.class];
        let ignored = meaning == Meaning::Ignored;
        (ignored || meaning.is_vehicle()).then_some(Label {
            class: 0,
            crowd: label.crowd || ignored,
            ..*label
        })
    });
    let labels: Vec<Label> = labels.collect();
    let found = found.into_iter().map(|found| Found { class: 0, ..found }).collect();
    labels.iter().any(|label| !label.crowd).then_some((labels, found))
}

fn figures(labels: &[Label], found: &[Found]) -> DetectionFigures {
    evaluate(1, labels, found).figures()
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub name: String,
    /// Whether who looked has a word for it.
    pub known: bool,
    /// Boxes that are to be found.
    pub labels: u64,
    #[serde(flatten)]
    pub figures: DetectionFigures,
    pub iou50: Operating,
    pub centre: Operating,
}

/// At the operating threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Operating {
    #[serde(flatten)]
    pub counts: Counts,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl Row {
    fn new(
        name: &str,
        known: bool,
        labels: &[Label],
        found: &[Found],
        min_score: f64,
        figures: DetectionFigures,
    ) -> Self {
        let strong: Vec<Found> = found.iter().filter(|f| f.score >= min_score).copied().collect();
        let at = |rule: Rule| {
            let counts = operate(labels, &strong, rule).counts();
            let (precision, recall, f1) = (counts.precision(), counts.recall(), counts.f1());
            Operating { counts, precision, recall, f1 }
        };
        let to_find = labels.iter().filter(|label| !label.crowd).count() as u64;
        let (iou50, centre) = (at(Rule::Iou50), at(Rule::CentreInBox));
        Self { name: name.to_owned(), known, labels: to_find, figures, iou50, centre }
    }
}

/// So many of one class were taken for another; nothing stands for no box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Confused {
    pub truth: Option<String>,
    pub answer: Option<String>,
    pub count: u64,
}

#[cfg(test)]
mod tests {
    use detector::score::Area;

    use super::*;
    use crate::cmd::eval::detect::names::meanings;

    const SET: &str = r#"{"images": [{"id": 1}],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "trailer"}, {"id": 3, "name": "chair"},
            {"id": 4, "name": "cyclist"}, {"id": 5, "name": "bus"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50]},
            {"image_id": 1, "category_id": 2, "bbox": [100, 0, 50, 50]},
            {"image_id": 1, "category_id": 3, "bbox": [200, 0, 50, 50]},
            {"image_id": 1, "category_id": 4, "bbox": [300, 0, 50, 50]}]}"#;

    fn seen(class: Class, x: f64, score: f64) -> Seen {
        let area = Area { x, y: 0.0, w: 50.0, h: 50.0 };
        Seen { class, found: Found { image: 0, class: 0, area, score } }
    }

    #[test]
    fn what_is_ignored_is_neither_right_nor_wrong_and_what_is_unknown_is_not_there() {
        let set = Coco::read(SET.as_bytes()).unwrap();
        let meanings = meanings(&set.classes, &[]).unwrap();
        let seen = [
            seen(Class::Truck, 0.0, 0.9),
            seen(Class::Truck, 100.0, 0.8),
            seen(Class::Car, 200.0, 0.7),
            seen(Class::Motorcycle, 300.0, 0.6),
            seen(Class::Dog, 400.0, 0.6),
        ];
        let known = [Class::Car, Class::Truck, Class::Motorcycle, Class::Dog];
        let exam = Exam::of_model(&set, &meanings, &seen, &known);
        let rows = exam.rows(0.5);
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        let counts = |hits, missed, wrong| Counts { hits, missed, wrong };
        // The truck is a vehicle; what was found on the chair is none; the trailer does not count.
        assert_eq!(row("all vehicles").iou50.counts, counts(1, 0, 1));
        assert_eq!(row("car").iou50.counts, counts(0, 1, 1));
        assert_eq!(row("two_wheeler").iou50.counts, counts(1, 0, 0));
        assert!(row("two_wheeler").known);
        // No bus is labelled, so there is no row of it; dogs and trucks nobody asked for.
        assert_eq!(rows.len(), 4);
        let confused = exam.confusion(0.5);
        let cell = |truth: Option<&str>, answer: Option<&str>| {
            let of = |c: &&Confused| c.truth.as_deref() == truth && c.answer.as_deref() == answer;
            confused.iter().find(of).map_or(0, |cell| cell.count)
        };
        assert_eq!(cell(Some("car"), None), 1);
        assert_eq!(cell(None, Some("car")), 1);
        assert_eq!(cell(Some("two_wheeler"), Some("two_wheeler")), 1);
    }
}
