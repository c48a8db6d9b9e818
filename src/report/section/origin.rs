//! What the run was made of: version, policy, seed, inputs, tables.

use crate::contract::Value;
use crate::report::Report;
use crate::report::html::{Esc, Html};
use crate::report::show::Show;

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let m = &report.run.manifest;
    out.raw("<p>The same inputs, policy, seed and version give the same tables, byte for byte. <code>manifest.json</code> has this and the times of the stages.</p>\n<dl class=facts>");
    let facts = [
        ("As of", m.as_of.to_string()),
        ("Run", m.run_id.clone()),
        ("Version of arrears", m.version.clone()),
        ("Version of the tables", m.schema_version.to_string()),
        ("Policy, SHA-256", m.policy_hash.clone()),
        ("Seed", m.seed.to_string()),
    ];
    for (title, value) in facts {
        out.put(format_args!("<dt>{title}</dt><dd>{}</dd>", Esc(&value)));
    }
    out.raw("</dl>\n");
    out.open_table_of("Tables of this run", "manifest", "");
    out.raw("<thead><tr><th scope=col>Table</th><th scope=col class=n>Rows</th><th scope=col>SHA-256</th></tr></thead><tbody>");
    for (name, table) in &m.tables {
        out.put(format_args!("<tr><th scope=row>{0}</th>", Esc(name)));
        out.cell_of(
            &Value::Int(table.rows as i64),
            Show::Digits(0),
            format_args!(" data-c=\"/tables/{name}/rows\""),
        );
        out.put(format_args!(
            "<td class=hash data-c=\"/tables/{0}/sha256\">{1}</td></tr>\n",
            Esc(name),
            Esc(&table.sha256)
        ));
    }
    out.close_table();
}
