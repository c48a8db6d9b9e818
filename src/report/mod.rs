//! One HTML file that a person opens: where the money is, what will come, whom to call, how far to trust it.
//!
//! Drawn from the tables, the model and the manifest of output folders, and from nothing else. Every figure is a cell
//! of one of those, named in the markup; what is worked out here is how many rows a rule found, what came in over a
//! week of days, and how two runs differ. The file needs no network and no clock: the same folders give the same bytes.

mod folder;
mod html;
mod section;
mod show;

pub use folder::Folder;

use html::{Esc, Html};
use section::SECTIONS;

const CSS: &str = include_str!("asset/page.css");
const SCRIPT: &str = include_str!("asset/page.js");
/// Chart.js, whole, with its licence in `asset/chart.LICENSE`.
const CHART: &str = include_str!("asset/chart.umd.min.js");
/// Nothing is fetched, whatever a text in the page may say.
const CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The run that is reported.
    pub run: &'a Folder,
    /// An earlier run of the same ledger, to tell what changed.
    pub previous: Option<&'a Folder>,
    /// A backtest of the same ledger, to tell how far to trust it.
    pub backtest: Option<&'a Folder>,
    /// Names of covariates and of definitions of key figures, and what they mean.
    pub words: &'a [(&'a str, &'a str)],
}

impl Report<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let manifest = &self.run.manifest;
        let day = show::long_day(manifest.as_of);
        let mut out = Html::default();
        out.put(format_args!(
            "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
             <meta name=color-scheme content=\"light dark\">\n\
             <meta http-equiv=Content-Security-Policy content=\"{CSP}\">\n\
             <title>Receivables on {day} – arrears</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n\
             <a class=skip href=#main>Skip to the summary</a>\n\
             <header class=top><p class=brand>arrears</p><h1>Receivables on {day}</h1>\
             <p class=meta>What was known at the end of {}. Run {}, version {}.</p></header>\n",
            manifest.as_of,
            Esc(&manifest.run_id),
            Esc(&manifest.version)
        ));
        self.navigation(&mut out);
        out.raw("<main id=main tabindex=-1>\n");
        for section in SECTIONS {
            let (id, title) = (section.id, section.title);
            out.put(format_args!("<section id={id} aria-labelledby=h-{id}>\n<h2 id=h-{id}>{title}</h2>\n"));
            (section.write)(self, &mut out);
            out.raw("</section>\n");
        }
        out.raw("</main>\n<footer><p>Every figure is a cell of a table of this run; hover a heading for its meaning, or ask <code>arrears schema</code>. Nothing in this file is fetched from anywhere.</p></footer>\n<script>\n");
        // devtools would ask for a file that is not there
        out.raw(CHART.split("//# sourceMappingURL").next().unwrap_or_default());
        out.put(format_args!("</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"));
        out.finish()
    }

    /// Links to the sections, and the choice of a currency where there are several.
    fn navigation(&self, out: &mut Html) {
        out.raw("<nav class=toc aria-label=Sections><ul>");
        for section in SECTIONS {
            out.put(format_args!("<li><a href=#{}>{}</a></li>", section.id, section.short));
        }
        out.raw("</ul>");
        let currencies = self.currencies();
        if currencies.len() > 1 {
            out.raw("<label class=pick>Currency <select id=currency>");
            for c in &currencies {
                out.put(format_args!("<option>{}</option>", Esc(c)));
            }
            out.raw("</select></label>");
        }
        out.raw("</nav>\n");
    }

    /// Currencies with something open, that of the priorities first.
    fn currencies(&self) -> Vec<String> {
        let mut found = self.run.table("aging").map_or_else(Vec::new, |t| folder::distinct(t, "currency"));
        let reporting = self.reporting_currency();
        found.sort_by(|a, b| (a != reporting).cmp(&(b != reporting)).then(a.cmp(b)));
        found
    }

    /// The currency in which customers are compared.
    fn reporting_currency(&self) -> &str {
        self.run.table("priorities").map_or("", |t| folder::text(t, "reporting_currency", 0))
    }

    /// The meaning of a covariate or a definition, or nothing.
    fn meaning(&self, name: &str) -> &str {
        self.words.iter().find(|w| w.0 == name).map_or("", |w| w.1)
    }
}
