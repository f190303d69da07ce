//! Matrices.

use crate::graph::matrix::{Cell, CellValue, Expansion, Leg, Legs, Unknowns};
use crate::graph::print::writer::Writer;
use crate::read::Document;

pub(super) fn write(writer: &mut Writer<'_>, document: &Document, expansion: &Expansion) {
    writer.object_at("matrix", |writer| match expansion {
        Expansion::Dynamic(unknown) => {
            writer.field("known", "dynamic");
            writer.field("expression", &unknown.expression);
            writer.place("at", document.span(unknown.token));
        }
        Expansion::Exact(legs) => {
            writer.field("known", "exact");
            write_legs(writer, document, legs);
        }
        Expansion::UpTo(legs) => {
            writer.field("known", "up to");
            writer.list("unknowns", &legs.unknowns, |writer, unknown| {
                writer.object(|writer| {
                    writer.field("expression", &unknown.expression);
                    writer.place("at", document.span(unknown.token));
                });
            });
            write_unknowns(writer, "more_by", legs, &legs.more);
            write_legs(writer, document, legs);
        }
    });
}

fn write_legs(writer: &mut Writer<'_>, document: &Document, legs: &Legs) {
    if legs.too_many {
        writer.plain("too_many", true);
    }
    if legs.is_cut {
        writer.plain("cut", true);
    }
    writer.bounded(("legs", "legs_left_out"), legs.legs.iter(), |writer, leg| {
        write_leg(writer, document, legs, leg);
    });
}

fn write_leg(writer: &mut Writer<'_>, document: &Document, legs: &Legs, leg: &Leg) {
    writer.object(|writer| {
        if let Some(id) = &leg.id {
            writer.field("id", id);
        }
        writer
            .list("values", &leg.values, |writer, (key, cell)| write_cell(writer, document, legs, key, cell));
        write_unknowns(writer, "depends_on", legs, &leg.depends_on);
        write_unknowns(writer, "may_differ_by", legs, &leg.extra);
    });
}

fn write_cell(writer: &mut Writer<'_>, document: &Document, legs: &Legs, key: &str, cell: &Cell) {
    writer.inline_object(|writer| {
        writer.field("key", key);
        match &cell.value {
            CellValue::Known(value) => {
                writer.value("value", value);
                writer.field("text", &value.to_text());
            }
            CellValue::Unknown(unknowns) => write_unknowns(writer, "unknown", legs, unknowns),
            CellValue::Each(unknown) => write_unknowns(writer, "each_of", legs, &[*unknown].into()),
        }
        writer.place("at", document.span(cell.token));
    });
}

fn write_unknowns(writer: &mut Writer<'_>, key: &str, legs: &Legs, unknowns: &Unknowns) {
    if !unknowns.is_empty() {
        let known = unknowns.iter().filter_map(|id| legs.unknown(*id));
        writer.texts(key, known.map(|unknown| &*unknown.expression));
    }
}
