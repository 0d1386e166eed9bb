use std::collections::BTreeMap;
use std::fs;

use jihe_frame::{Benefits, Hit, LineBenefit, SettlementBenefit, Value};
use jihe_rules::plan::{Family, Piece, Rule, Shape};
use jihe_terms::{Grade, NO_CODE};
use tempfile::TempDir;

use super::*;
use crate::fixture::{Fixture, rule};
use crate::read::digest;
use crate::verify::verify;

const FORMATS: [Format; 2] = [Format::Parquet, Format::Csv];

fn written(format: Format) -> (TempDir, std::path::PathBuf) {
    let room = tempfile::tempdir().unwrap();
    let out = room.path().join("out");
    write(&Fixture::new().scored(), &out, format).unwrap();
    (room, out)
}

fn bytes_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn the_same_findings_are_the_same_bytes_and_nothing_is_left_beside_them() {
    for format in FORMATS {
        let (room, out) = written(format);
        let first = bytes_of(&out);
        assert_eq!(first.len(), ResultTable::ALL.len() + 2);
        write(&Fixture::new().scored(), &out, format).unwrap();
        assert_eq!(bytes_of(&out), first);
        assert_eq!(bytes_of(room.path().join("out").as_path()), first);
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 1);
    }
}

#[test]
fn results_of_another_format_replace_the_old_ones_whole() {
    let (_room, out) = written(Format::Parquet);
    write(&Fixture::new().scored(), &out, Format::Csv).unwrap();
    assert!(!out.join("findings.parquet").exists());
    assert!(verify(&out).unwrap().is_whole());
}

#[test]
fn a_folder_that_is_not_ours_is_refused_and_left_alone() {
    let (room, out) = written(Format::Csv);
    let before = bytes_of(&out);
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let refused = write(&Fixture::new().scored(), &out, Format::Csv).unwrap_err();
    assert!(refused.is_foreign() && refused.is_output());
    fs::remove_file(out.join("notes.txt")).unwrap();
    assert_eq!(bytes_of(&out), before);
    fs::remove_file(out.join(MANIFEST)).unwrap();
    assert!(check_destination(&out).unwrap_err().is_foreign());
    assert_eq!(fs::read_dir(room.path()).unwrap().count(), 1);
}

#[test]
fn a_place_under_a_file_is_refused() {
    let room = tempfile::tempdir().unwrap();
    fs::write(room.path().join("file"), "").unwrap();
    for out in ["file", "file/out"] {
        let refused = write(&Fixture::new().scored(), &room.path().join(out), Format::Csv);
        assert!(refused.unwrap_err().is_output());
    }
}

#[test]
fn old_results_stay_when_writing_stops_half_way() {
    let (room, out) = written(Format::Parquet);
    let before = bytes_of(&out);
    let place = Place::prepare(&out).unwrap();
    let broken = write_file(place.staging(), "findings.parquet", 0, |mut file| {
        file.write_all(b"half")?;
        Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into())
    });
    assert!(broken.unwrap_err().is_output());
    drop(place);
    assert_eq!(bytes_of(&out), before);
    assert_eq!(fs::read_dir(room.path()).unwrap().count(), 1);
}

#[test]
fn whole_results_verify_and_a_changed_byte_is_found_in_any_file() {
    for format in FORMATS {
        let (_room, out) = written(format);
        let report = verify(&out).unwrap();
        assert_eq!(report.differences, Vec::<String>::new());
        assert!(40 < report.n_identities);
        for (name, bytes) in bytes_of(&out) {
            let mut changed = bytes.clone();
            let middle = changed.len() / 2;
            changed[middle] ^= 1;
            fs::write(out.join(&name), &changed).unwrap();
            match verify(&out) {
                Ok(report) => {
                    assert!(report.differences.iter().any(|words| words.starts_with(&name)));
                }
                Err(cause) => assert!(cause.is_input() && name == MANIFEST),
            }
            fs::write(out.join(&name), &bytes).unwrap();
        }
        fs::remove_file(out.join(format.name_of(ResultTable::Reversals))).unwrap();
        assert!(!verify(&out).unwrap().is_whole());
    }
}

/// Changes a cell of a CSV result and makes every hash fit again.
fn forge(out: &Path, table: ResultTable, from: &str, to: &str) {
    let name = Format::Csv.name_of(table);
    let path = out.join(&name);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let mut manifest: Manifest =
        serde_json::from_slice(&fs::read(out.join(MANIFEST)).unwrap()).unwrap();
    let (blake3, n_bytes) = digest(&path).unwrap();
    for result in manifest.results.iter_mut().filter(|result| result.file == name) {
        (result.blake3, result.n_bytes) = (blake3.clone(), n_bytes);
    }
    manifest.seal = manifest.seal_of();
    fs::write(out.join(MANIFEST), manifest.bytes()).unwrap();
}

#[test]
fn a_changed_fen_or_line_is_found_even_where_every_hash_was_made_to_fit() {
    for (table, from, to) in [
        (ResultTable::Refusals, "159.00,159.00", "158.99,159.00"),
        (ResultTable::FindingLines, "120.00,120.00", "120.00,120.01"),
        // One unit more, and a price that the cut does not come to.
        (ResultTable::FindingLines, ",units,1,", ",units,2,"),
        (ResultTable::FindingLines, ",price,100.5,", ",price,100.4,"),
        // The cut of another encounter's line with the same key.
        (ResultTable::FindingLines, "360.00,360.00,H1,,M1", "360.00,360.00,H1,,M2"),
        (ResultTable::Findings, "50.00", "50.01"),
        (ResultTable::Settlements, "300.00,159.00", "300.00,159.01"),
        (ResultTable::Settlements, "300.00,159.00", "300.01,159.00"),
        (ResultTable::Reversals, "-10.00,0.00", "-10.00,-0.01"),
        (ResultTable::Institutions, "500.00", "500.01"),
        (ResultTable::Penalties, "207.40", "207.41"),
        (ResultTable::Coverage, "price-ceiling,3,1", "price-ceiling,3,2"),
        // An exempt subject that no row names, and money of subjects that were all judged.
        (ResultTable::Coverage, "price-ceiling,3,1,0", "price-ceiling,3,1,1"),
        (ResultTable::Coverage, "contained-item,3,1,0,0,,0.00", "contained-item,3,1,0,0,,0.01"),
        (ResultTable::Coverage, "contained-item,3,1,0,0", "contained-item,3,1,0,1"),
        // A line that its own rule exempts is cut.
        (ResultTable::Exempt, "L1,M1", "L3,M2"),
        (ResultTable::Quarantine, "lines,lines.csv,6", "settlements,lines.csv,6"),
    ] {
        let (_room, out) = written(Format::Csv);
        forge(&out, table, from, to);
        let report = verify(&out).unwrap();
        assert!(!report.is_whole(), "{} forged", table.file());
    }
}

/// The fixture with a settlement that was paid ten yuan more than the benefit policy comes to.
fn with_benefit() -> Fixture {
    let settled = SettlementBenefit {
        settlement: 0,
        institution: 0,
        kind: NO_CODE,
        amount: 46_000,
        in_policy: 45_000,
        deductible: 10_000,
        over_cap: 500,
        fund: 29_000,
        settled_in_policy: 46_000,
        settled_fund: 30_000,
        used_deductible: 0,
        used_fund: 0,
    };
    let line = |(line, in_policy, fund)| LineBenefit {
        settlement: 0,
        line,
        outside: 0,
        over_price: 0,
        first_share: if line == 0 { 1_000 } else { 0 },
        in_policy,
        fund,
    };
    // 29000 × 9000 ÷ 45000, and the rest.
    let lines = [(0, 9_000, 5_800), (1, 36_000, 23_200)].map(line).to_vec();
    let shape = Shape::Settlement { tolerance: 0 };
    let rule = rule("settlement-mismatch", shape, Grade::Likely, vec![Piece::Value(0)]);
    let rule = Rule { family: Family::Benefit, ..rule };
    // The fund's part, what was paid, the difference, what is in policy.
    let said = [29_000, 30_000, 1_000, 45_000];
    let values = said.map(|fen| Value::Number(fen, 2));
    let hit = Hit {
        rule: 0,
        grade: Grade::Likely,
        person: 0,
        encounter: 0,
        institution: 0,
        row: NO_CODE,
        lines_from: 0,
        lines_until: 0,
        values_from: 0,
        n_value_bytes: 0,
        unknown_exceptions: 0,
    };
    Fixture::with_benefits(Benefits { settlements: vec![settled], lines }, rule, (hit, &values))
}

#[test]
fn a_changed_fen_of_the_benefit_policy_is_found() {
    let forged = |table, from: &str, to: &str| {
        let room = tempfile::tempdir().unwrap();
        let out = room.path().join("out");
        write(&with_benefit().scored(), &out, Format::Csv).unwrap();
        assert_eq!(verify(&out).unwrap().differences, Vec::<String>::new());
        forge(&out, table, from, to);
        verify(&out).unwrap().differences
    };
    for (table, from, to) in [
        // Deductible above what is in policy, the person's part, what was paid, the difference.
        (ResultTable::Benefits, "450.00,100.00", "450.00,450.01"),
        (ResultTable::Benefits, "290.00,170.00", "290.00,170.01"),
        (ResultTable::Benefits, "460.00,300.00,10.00", "460.00,300.01,10.01"),
        (ResultTable::Benefits, "300.00,10.00", "300.00,10.01"),
        (ResultTable::Benefits, "460.00,300.00", "460.01,300.00"),
        // More above the deductible than lies there: 290.00 and what is above the cap, of 350.00.
        (ResultTable::Benefits, "450.00,100.00,5.00", "450.00,100.00,60.01"),
        (ResultTable::Benefits, "450.00,100.00,5.00", "450.00,155.01,5.00"),
        (ResultTable::Benefits, "S1,H1", "S1,H2"),
        // What its finding says of it.
        (ResultTable::Findings, "\"\"fund\"\":\"\"290.00\"\"", "\"\"fund\"\":\"\"290.01\"\""),
        (ResultTable::Findings, "settlement-mismatch,", "same-line-twice,"),
        // Parts of a line, and its share of the fund's part.
        (ResultTable::BenefitLines, "10.00,90.00", "10.01,90.00"),
        (ResultTable::BenefitLines, "58.00,42.00", "58.00,42.01"),
        (ResultTable::Settlements, "300.00", "299.99"),
    ] {
        assert!(!forged(table, from, to).is_empty(), "{}: {from} as {to}", table.file());
    }
}

#[test]
fn both_formats_tell_the_same_story() {
    let stories = FORMATS.map(|format| {
        let (_room, out) = written(format);
        crate::explain::explain_line(&out, "L2").unwrap().text()
    });
    assert_eq!(stories[0], stories[1]);
}

#[test]
fn csv_cells_are_no_formulas_and_numbers_stay_numbers() {
    let (_room, out) = written(Format::Csv);
    let lines = fs::read_to_string(out.join("finding_lines.csv")).unwrap();
    assert!(lines.contains(",'=X,'=监护,"), "{lines}");
    let reversals = fs::read_to_string(out.join("reversals.csv")).unwrap();
    assert_eq!(
        reversals,
        "table,key,fixmedins_code,amount,fund,reason\nlines,R1,H1,-10.00,0.00,no original\n"
    );
    let quarantine = fs::read_to_string(out.join("quarantine.csv")).unwrap();
    assert!(quarantine.ends_with(",'-1e5\n"), "{quarantine}");
}

#[test]
fn footers_show_no_ids() {
    let (_room, out) = written(Format::Parquet);
    for table in ResultTable::ALL {
        let file = File::open(out.join(Format::Parquet.name_of(table))).unwrap();
        let reader =
            ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        for group in reader.metadata().row_groups() {
            for (chunk, column) in group.columns().iter().zip(table.columns()) {
                let is_id = column.kind == crate::layout::ResultKind::Id;
                assert!(!is_id || chunk.statistics().is_none(), "{}", column.name);
            }
        }
    }
}
