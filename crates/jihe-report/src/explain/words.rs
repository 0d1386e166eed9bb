//! An explanation as text, Chinese and English side by side.

use std::fmt::Write;

use crate::explain::{
    ExplainedBenefit, ExplainedFinding, ExplainedLine, ExplainedSettlement, Explanation,
};

/// Writes an explanation.
pub(super) fn text(explanation: &Explanation) -> String {
    let mut text = String::new();
    if let Some(bkkp_sn) = &explanation.bkkp_sn {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "明细 line {bkkp_sn}");
        if explanation.findings.is_empty() {
            text.push_str("没有疑点涉及该明细；no finding names this line\n");
        }
        if explanation.findings.is_empty() && explanation.exempt.is_empty() {
            text.push_str(
                "（结果只列有疑点或被豁免的明细，不能说明有无此明细；results list lines that were found or \
                 exempt only, and cannot tell whether there is such a line）\n",
            );
        }
    }
    for exempt in &explanation.exempt {
        let _ = writeln!(text, "例外 exempt  {exempt}");
    }
    if 0 < explanation.n_exempt_encounters {
        let n = explanation.n_exempt_encounters;
        let _ = writeln!(
            text,
            "另有 {n} 次就诊整次被豁免（见 exempt 表，按 mdtrt_id），结果未载该明细属于哪次就诊；{n} encounters \
             are exempt as a whole (table exempt, by mdtrt_id), and nothing here tells which one the line is \
             of: ask again with --encounter MDTRT_ID"
        );
    }
    for finding in &explanation.findings {
        text.push('\n');
        finding_text(&mut text, finding);
    }
    for line in &explanation.lines {
        text.push('\n');
        line_text(&mut text, line);
    }
    if 0 < explanation.n_more_lines {
        let more = explanation.n_more_lines;
        let _ = writeln!(text, "\n… 另有 {more} 条明细；{more} more lines");
        if explanation.bkkp_sn.is_some() {
            text.push_str(
                "  以 --encounter MDTRT_ID 指明就诊；name the encounter to see one of them\n",
            );
        }
    }
    if let Some(settlement) = &explanation.settlement {
        let ExplainedSettlement { setl_id, fixmedins_code, steps, .. } = settlement;
        let _ = writeln!(text, "结算 settlement {setl_id}  机构 institution {fixmedins_code}");
        for step in steps {
            let _ = writeln!(text, "  {step}");
        }
    }
    for benefit in &explanation.benefits {
        text.push('\n');
        benefit_text(&mut text, benefit);
    }
    if 0 < explanation.n_more_benefits {
        let more = explanation.n_more_benefits;
        let _ = writeln!(text, "\n… 另有 {more} 次结算；{more} more settlements");
    }
    // A text of the pack or of a file must not move the cursor.
    text.chars().map(|sign| if sign.is_control() && sign != '\n' { ' ' } else { sign }).collect()
}

fn finding_text(text: &mut String, finding: &ExplainedFinding) {
    let [title, title_en] = &finding.title;
    let [article, article_key] = &finding.article;
    let [zh, en] = &finding.sentence;
    let [alone, credited, loss, held] = &finding.money;
    let _ = writeln!(text, "疑点 finding {}", finding.jr_id);
    let _ = writeln!(
        text,
        "  规则 rule      {} {}  {title} / {title_en}",
        finding.rule_id, finding.rule_ver
    );
    let _ = writeln!(text, "  结论 effect    {} {}", finding.grade, finding.effect);
    let _ = writeln!(text, "  依据 law       {article} ({article_key})");
    let mut item = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {label}{value}");
        }
    };
    item("核对 read on   ", finding.article_checked.as_deref().unwrap_or(""));
    for (label, [zh, en]) in [("规定 what      ", &finding.what), ("理由 why       ", &finding.why)]
    {
        item(label, zh);
        // A text that the rule gives once stands for both languages.
        item("               ", if en == zh { "" } else { en });
    }
    for test in &finding.test {
        item("判断 test      ", test);
    }
    item("表行 row       ", &finding.rule_row);
    for [name, values, cite] in &finding.params {
        item("参数 parameter ", &format!("{name} = {values}（{cite}）"));
    }
    item("事实 fact      ", zh);
    item("               ", en);
    for [name, value] in &finding.values {
        item("数值 value     ", &format!("{name} = {value}"));
    }
    for [name, when, shown] in &finding.exceptions {
        item("例外 exception ", &format!("{name}: {when} — {shown}"));
    }
    if let Some([decision, amount, reason]) = &finding.review {
        let most =
            if amount.is_empty() { String::new() } else { format!("，至多 at most {amount}") };
        let why = if reason.is_empty() { String::new() } else { format!("（{reason}）") };
        item("复核 review    ", &format!("{} {decision}{most}{why}", decided(decision)));
    }
    item(
        "金额 money     ",
        &format!(
            "单独 alone {alone}，计入 credited {credited}，损失 loss {loss}，待核 held {held}"
        ),
    );
}

/// A decision in Chinese.
fn decided(decision: &str) -> &'static str {
    match decision {
        "confirmed" => "确认",
        "dismissed" => "撤销",
        _ => "申诉核定",
    }
}

fn line_text(text: &mut String, line: &ExplainedLine) {
    let [item, name] = &line.item;
    let ExplainedLine { bkkp_sn, mdtrt_id, fee_ocur_time, .. } = line;
    let _ = writeln!(
        text,
        "明细 line {bkkp_sn}  就诊 encounter {mdtrt_id}  {item} {name}  {fee_ocur_time}"
    );
    for step in &line.steps {
        let _ = writeln!(text, "  {step}");
    }
}

fn benefit_text(text: &mut String, benefit: &ExplainedBenefit) {
    let ExplainedBenefit { setl_id, kind, rule_row, .. } = benefit;
    let _ = writeln!(text, "结算 settlement {setl_id}  待遇 benefit {kind}（{rule_row}）");
    for step in &benefit.steps {
        let _ = writeln!(text, "  {step}");
    }
    for part in &benefit.lines {
        let _ = writeln!(text, "  明细 line {}  {}", part.bkkp_sn, part.hilist_code);
        for step in &part.steps {
            let _ = writeln!(text, "    {step}");
        }
    }
    if 0 < benefit.n_more_lines {
        let more = benefit.n_more_lines;
        let _ = writeln!(text, "  … 另有 {more} 条明细；{more} more lines");
    }
}
