//! scratch: simulate, fit at origins, dump curves and truth
use arrears::core::Day;
use arrears::features::{Purpose, survey};
use arrears::simulate::{Plan, simulate};
use std::io::Write;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (n, months, seed): (u32, u32, u64) = (a[1].parse().unwrap(), a[2].parse().unwrap(), a[3].parse().unwrap());
    let out = &a[4];
    let policy = arrears::policy::parse("", "d").unwrap();
    let sim = simulate(&Plan::new(n, months, seed));
    let ledger = sim.ledger().unwrap();
    let last = 35usize;
    for (k, o) in a[5..].iter().enumerate() {
        let as_of: Day = o.parse().unwrap();
        let known = ledger.known_at(as_of);
        let s = survey(&known, &policy, Purpose::Fit);
        let h = arrears::model::hazard::fit(&known, &s, &policy, 0).unwrap();
        let mut f = std::io::BufWriter::new(std::fs::File::create(format!("{out}.{k}.bin")).unwrap());
        let p = arrears::score::predict(&known, &s, &h, &policy);
        if k == 0 { for (c, b) in h.columns.iter().zip(&h.coefficients) { eprintln!("{c:40} {b:9.3}"); } }
        // ledger row by invoice id
        let row: std::collections::HashMap<&str, usize> = (0..ledger.n_invoices()).map(|i| (ledger.invoice_id.get(i), i)).collect();
        let simrow: std::collections::HashMap<&str, usize> = (0..sim.invoices.len()).map(|i| (sim.invoices.invoice_id.get(i), i)).collect();
        for (r, &i) in p.open.iter().enumerate() {
            let i = i as usize;
            let id = known.invoice_id.get(i);
            let li = row[id];
            let ti = simrow[id];
            if ti >= sim.truth.n_invoices() { continue; }
            let payer = sim.truth.payer_of(ti);
            let run = payer.timing.run.map_or(0, |r| 1 + r as i32);
            let Some(t) = sim.truth.survival(ti, as_of, 91) else { continue };
            let settled = sim.truth.settled(ti).map_or(1_000_000, |d| d.0 - as_of.0);
            let mut v: Vec<f32> = vec![known.customer[i] as f32, known.open_amount[i].to_f64() as f32, (known.due[i] - as_of.0) as f32, settled as f32,
                payer.archetype as i32 as f32, run as f32, p.habits[known.customer[i] as usize].n_settled as f32, known.currency[i] as f32, (known.issue[i]-as_of.0) as f32, f32::from(u8::from(known.is_disputed(i, as_of.0)))];
            for d in 0..=91 { v.push(p.curves.at(r, d as i32) as f32); }
            for d in 0..=91 { v.push(*t.get(d).unwrap_or(t.last().unwrap()) as f32); }
            let _ = (li, last);
            for x in v { f.write_all(&x.to_le_bytes()).unwrap(); }
        }
        eprintln!("{o} {} open", p.open.len());
    }
}
